"""The rules of several sites of a host's nginx, all of them on, are what nginx takes, beside each other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.support.builds import BUILDS, nginx_program
from tests.unit.fronts.test_nginx_raw import ALLOWED_HTTP, ALLOWED_SERVER
from tests.unit.install.test_site_file import RULES, site_plan, text_of

pytestmark = pytest.mark.native


@pytest.mark.parametrize("topology", ["nginx-uwsgi", "nginx-gunicorn"])
@pytest.mark.parametrize("build", BUILDS)
def test_nginx_takes_two_sites_with_all_rules(tmp_path: Path, build: str, topology: str) -> None:
    more = {"cache__stale": "30s", "access__deny": {"/": ["203.0.113.7"]}, "limits__queue": 4}
    more |= {"raw__nginx_http": ALLOWED_HTTP, "raw__nginx_server": ALLOWED_SERVER}
    for name in ("shop", "blog"):
        text = text_of(site_plan(name, topology=topology, **RULES, **more))
        for folder in ("/var/cache", "/var/log/nginx"):
            text = text.replace(folder, str(tmp_path))
        (tmp_path / f"{name}.conf").write_text(
            text.replace("listen 80;", "listen 18080;").replace(":80;", ":18080;")
        )
    main = tmp_path / "nginx.main"
    main.write_text(
        f"pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}\n"
        "http {\n"
        + "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        + f"include {tmp_path}/*.conf;\n}}\n"
    )
    tested = subprocess.run(
        [nginx_program(build), "-t", "-p", tmp_path, "-e", tmp_path / "error.log", "-c", main],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stderr
    said = [line for line in tested.stderr.splitlines() if "[" in line and "variables_hash" not in line]
    assert not said
    assert len(list(tmp_path.glob("enuf-*.pages-*"))) == 4
