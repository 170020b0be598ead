"""A stack in a mount namespace with a root folder of its own is read at its own paths; no link in there leads out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from enuf.doctor.budget import Budget
from enuf.doctor.collect.live.stack import collect_live
from enuf.doctor.live.engine import Diagnosis, diagnosis_of
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.requested import parse_requested
from enuf.system.foreign_root import ForeignRoot, has_foreign_root
from tests.support.builds import nginx_program
from tests.support.live_servers import BIN, NGINX_HEAD, UWSGI_PARAMS
from tests.support.ports import free_port
from tests.support.stack import until

pytestmark = [
    pytest.mark.native,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a mount namespace"),
]

WITHIN_S = 30.0
SHOP = "/srv/inside"
ENTER = """
set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$ROOT"
for each in usr lib lib64 bin sbin dev proc etc "${PREFIX#/}" "${BASE#/}" "${CODE#/}"; do
  [ -e "/$each" ] || continue
  mkdir -p "$ROOT/$each"
  mount --rbind "/$each" "$ROOT/$each"
done
mkdir -p "$ROOT$SHOP"
mount --bind "$FOLDER" "$ROOT$SHOP"
ln -s "$FOLDER/app.py" "$ROOT/link-out"
ln -s /srv/inside/app.py "$ROOT/link-inside"
exec chroot "$ROOT" /bin/bash -ec '
  cd "$SHOP"
  "$PYTHON" "$UWSGI" --ini uwsgi.ini > server.out 2>&1 &
  exec "$NGINX" -p "$SHOP/" -c "$SHOP/nginx.conf" -e error.log
'
"""


class Inside:
    """The folder that is /srv/inside in there, the port, and the processes."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder, self.root = folder, root
        self.port = free_port()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def write(self) -> None:
        self.folder.chmod(0o755)
        site = f"server {{ listen 127.0.0.1:{self.port}; include params; location / {{ uwsgi_pass unix:{SHOP}/app.sock; }} }}\n"
        for name, text in {
            "nginx.conf": f"{NGINX_HEAD}    include sites/*.conf;\n}}\n",
            "params": UWSGI_PARAMS,
            "app.py": "import not_installed_here\n",
            "uwsgi.ini": f"[uwsgi]\nmodule = app\nsocket = {SHOP}/app.sock\nchmod-socket = 666\nmaster = true\nlogto = {SHOP}/server.log\n",
        }.items():
            (self.folder / name).write_text(text)
        (self.folder / "sites").mkdir()
        (self.folder / "sites/shop.conf").write_text(site)

    def start(self) -> psutil.Popen:
        environ = {
            **os.environ,
            "ROOT": str(self.root),
            "FOLDER": str(self.folder),
            "SHOP": SHOP,
            "PREFIX": sys.prefix,
            "BASE": sys.base_prefix,
            "CODE": str(Path(__file__).parents[2]),
            "PYTHON": sys.executable,
            "UWSGI": str(BIN / "uwsgi"),
            "NGINX": nginx_program("embedded"),
        }
        with (self.folder / "start.out").open("wb") as output:
            return psutil.Popen(
                ["unshare", "--mount", "bash", "-c", ENTER],
                env=environ,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        log = self.folder / "server.log"
        is_started = log.exists() and "spawned uWSGI worker" in log.read_text()
        return is_started and (self.folder / "nginx.pid").exists()


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Inside, int]]:
    """A stack whose app is not loaded, and the pid of its nginx."""
    found = Inside(tmp_path_factory.mktemp("shop"), tmp_path_factory.mktemp("root"))
    found.write()
    process = found.start()
    try:
        until(found.is_ready, what=f"the start in {found.folder}")
        yield found, process.pid
    finally:
        ours = [process, *process.children(recursive=True)]
        for each in ours:
            each.kill()
        psutil.wait_procs(ours, 30)
        process.wait(30)


def looked_at(url: str) -> tuple[LiveEvidence, Diagnosis]:
    collected = collect_live(parse_requested(url), budget=Budget(WITHIN_S))
    return collected.evidence, diagnosis_of(collected.evidence, collected.static)


def test_the_cause_is_found_with_the_paths_of_the_container(inside: tuple[Inside, int]) -> None:
    stack, pid = inside
    assert not Path(SHOP).exists()
    evidence, found = looked_at(stack.url)
    assert evidence.front.main is not None
    assert evidence.front.main.root == f"process {pid}"
    assert evidence.front.configuration == f"{SHOP}/nginx.conf"
    assert found.verdict is not None, found.chain
    assert found.verdict.code == "A002"
    [site] = [each for each in found.chain if each.title == "site"]
    assert f"process {pid}:{SHOP}/sites/shop.conf:1" in site.text
    [socket] = [each for each in found.chain if each.title == "socket"]
    assert socket.state == "ok", socket.text
    assert {log.path for log in evidence.logs} >= {f"{SHOP}/error.log", f"{SHOP}/server.log"}


def test_a_socket_that_is_closed_to_nginx_is_seen_in_there(inside: tuple[Inside, int]) -> None:
    stack, pid = inside
    (stack.folder / "app.sock").chmod(0o600)
    try:
        _, found = looked_at(stack.url)
    finally:
        (stack.folder / "app.sock").chmod(0o666)
    assert found.verdict is not None, found.chain
    assert found.verdict.code == "S001"
    assert found.verdict.file.startswith(f"process {pid}:{SHOP}/")


def test_no_link_in_there_leads_to_a_file_of_the_host(inside: tuple[Inside, int]) -> None:
    stack, pid = inside
    assert has_foreign_root(pid)
    assert not has_foreign_root(os.getpid())
    with ForeignRoot(pid) as root:
        assert root.tail("/link-inside", 1000)[0] == (stack.folder / "app.py").read_bytes()
        with pytest.raises(FileNotFoundError):
            root.stat("/link-out")
        with pytest.raises(OSError, match="cross-device"):
            root.stat(f"/proc/self/root/{stack.folder}/app.py")
        assert root.names(SHOP) == sorted(os.listdir(stack.folder))  # noqa: PTH208
        assert root.glob(f"{SHOP}/sites/*.conf") == [f"{SHOP}/sites/shop.conf"]
        with pytest.raises(OSError, match="not a regular file"):
            root.tail("/dev/zero", 10)
