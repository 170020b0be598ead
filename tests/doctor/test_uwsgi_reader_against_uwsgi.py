"""The reader and real uWSGI builds agree on every option of every configuration (F207)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from enuf.syntax.uwsgi_config import UwsgiConfig
from enuf.syntax.uwsgi_logic import HostContext
from enuf.syntax.uwsgi_read import read_config

DEBIAN = "/usr/bin/uwsgi"
EMBEDDED = str(Path(sys.prefix) / "bin/uwsgi")
BUILDS = [
    pytest.param(path, id=name, marks=pytest.mark.native)
    for name, path in (("debian", DEBIAN), ("pyuwsgi", EMBEDDED))
]

CONFIGS = {
    "repeated keys": "[uwsgi]\na = 1\na = 2\nb = %(a)\n",
    "sections": "[uwsgi]\na = 1\n[other]\nb = 2\n[uwsgi]\nc = 3\n",
    "headings of other spellings": "[uWSGI]\na = 1\n[uwsgi ]\nb = 1\n[uwsgi\nc = 1\n[uwsgi]\nd = 1\n",
    "comments": "# one\n[uwsgi]\n ; two\na = x # three\nb = y ; four\n\t# five\nc=#six\n",
    "blanks": "[uwsgi]\n  a   =   x y  \t\r\nb=\nc\n = d\n==\n",
    "no line break at the end": "[uwsgi]\na = 1\nb = 2",
    "letters": "[uwsgi]\na = %d|%n|%p|%s|%e|%c|%x|%0|%1|\n",
    "unknown letters": "[uwsgi]\na = 1%z2%q3%%4\n",
    "percent at the end of a line": "[uwsgi]\na = 100%\nb = 2\nc = 3\n",
    "percent in a comment": "[uwsgi]\n# 100%\na = 1\nb = 2\n",
    "doubled percent": "[uwsgi]\na = %%d %%(b)\nb = x\n",
    "placeholders": "[uwsgi]\nbase = /x\na = %(base)/%(base)/y %(none) %() %(\nb = %(a)\nlate = %(later)\nlater = 9\n",
    "arithmetic": "[uwsgi]\nn = 5\na = %(n + 2)\nb = %(n - 2)\nc = %(n * 2)\nd = %(n / 2)\ne = %(n + n)\n",
    "arithmetic of many words": "[uwsgi]\nn = 5\nm = 7\na = %(n + m * 2)\nb = %(n ++)\nc = %(n m ++)\nd = %(n --) %(n nope)\ne = %(nope + 1)\nf = %(n / 2 - 9) %(2 + 3)\n",
    "capital letters": "[uwsgi]\na = %P|%S|%D|%N|%C|%E|%X\ninclude = third.ini\nini = third.ini:sec\n",
    "set with blanks": "[uwsgi]\nset-ph = a = 64\nb = %(a)|%(a )\n",
    "environment": "[uwsgi]\na = $(ENUF_TEST)/x\nb = $(ENUF_NOT_SET)\nc = $(ENUF_TEST)$(ENUF_TEST)\n",
    "if-env": "[uwsgi]\nif-env = ENUF_TEST\na = yes %(_)\nendif =\nif-env = ENUF_TEST=other\nb = no\nendif =\n",
    "if-env equal": "[uwsgi]\nif-env = ENUF_TEST=value\na = yes\nend-if =\nc = 1\n",
    "if-not-env": "[uwsgi]\nif-not-env = ENUF_NOT_SET\na = yes\nendif =\nif-not-env = ENUF_TEST\nb = no\nendif =\n",
    "if-opt": "[uwsgi]\na = 1\nif-opt = a=1\nb = %(_)\nendif =\nif-opt = a=2\nc = no\nendif =\nif-not-opt = z\nd = 1\nendif =\n",
    "if-exists": "[uwsgi]\nif-exists = main.ini\na = %(_)\nendif =\nif-exists = nowhere\nb = 1\nendif =\n",
    "if-file and if-dir": "[uwsgi]\nif-file = main.ini\na = 1\nendif =\nif-dir = main.ini\nb = 1\nendif =\nif-not-dir = main.ini\nc = 1\nendif =\n",
    "condition never closed": "[uwsgi]\nif-env = ENUF_NOT_SET\na = 1\nb = 2\n",
    "else is no option here": "[uwsgi]\nif-env = ENUF_NOT_SET\na = 1\nelse =\nb = 2\nendif =\nc = 3\n",
    "for": "[uwsgi]\nfor = x  y z\na = <%(_)>\nb = %(_)%(_)\nendfor =\nc = 1\n",
    "for-times": "[uwsgi]\nfor-times = 3\na = %(_)\nendfor =\nfor-times = no\nb = 1\nend-for =\n",
    "for-readline": "[uwsgi]\nfor-readline = lines.txt\na = %(_)\nendfor =\n",
    "set": "[uwsgi]\nset = k=v\na = %(k)\nset-placeholder = p=q\nb = %(p)\nset-ph = r=s=t\n",
    "include of a section": "[uwsgi]\nini = :other\na = 1\n[other]\nb = %x\n",
    "include of a file": "[uwsgi]\na = 1\nini = second.ini\nc = 3\n",
    "include of a section of a file": "[uwsgi]\nini = second.ini:sec\n",
    "include within a condition": "[uwsgi]\nif-env = ENUF_TEST\nini = second.ini\nendif =\nz = 1\n",
    "include keeps its own letters": "[uwsgi]\na = %n\ninclude = second.ini\nb = %n\n",
    "byte order mark": "\ufeff[uwsgi]\na = 1\n[uwsgi]\nb = 2\n",
    "carriage returns": "[uwsgi]\r\na = 1\r\nb = x y\r\n",
    "korean": "[uwsgi]\na = 한글 # 주석\nb = %%한\n",
    "flags and numbers": "[uwsgi]\nvacuum = false # x\nbuffer-size = 32k\nprocesses = 2\nworkers = 3\n",
}


def output_of(build: str, folder: Path) -> str:
    """What uWSGI prints about main.ini."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("UWSGI_")}
    result = subprocess.run(
        [build, "--show-config", "--no-server", "--ini", "main.ini"],
        cwd=folder,
        env={**environ, "ENUF_TEST": "value"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=60,
        check=False,
    )
    return result.stdout.decode("utf-8", "replace")


def dump_of(build: str, folder: Path) -> list[tuple[str, str]]:
    """The options that uWSGI itself prints for main.ini, without those of the command line."""
    body = output_of(build, folder).partition("[uwsgi]\n")[2].partition(";end of configuration")[0]
    pairs = [line.partition(" = ") for line in body.split("\n") if line]
    kept = [(key, value.rstrip("\r")) for key, _, value in pairs]
    return [
        pair
        for pair in kept
        if pair not in {("ini", "main.ini"), ("show-config", "true"), ("no-server", "true")}
    ]


def config_in(folder: Path) -> UwsgiConfig:
    def read(path: str) -> str | None:
        try:
            return Path(path).read_bytes().decode()
        except OSError:
            return None

    kinds = {"": os.path.exists, "file": os.path.isfile, "dir": os.path.isdir}
    world = HostContext(
        directory=str(folder),
        read=read,
        exists=lambda path, kind: kinds[kind](path),
        environ={"ENUF_TEST": "value"},
    )
    return read_config(str(folder / "main.ini"), world)


def reading_of(folder: Path) -> list[tuple[str, str]]:
    return [(option.key, option.value) for option in config_in(folder).options if not option.conditional]


@pytest.mark.parametrize("build", BUILDS)
@pytest.mark.parametrize("name", CONFIGS)
def test_the_reader_sees_what_uwsgi_sees(build: str, name: str, tmp_path: Path) -> None:
    if shutil.which(build) is None:
        pytest.skip(f"no {build} here")
    (tmp_path / "main.ini").write_bytes(CONFIGS[name].encode())
    (tmp_path / "second.ini").write_text("[uwsgi]\nt = %n %s\n[sec]\ns = 1\n")
    (tmp_path / "third.ini").write_text("[uwsgi]\nt = %n %N %D\n[sec]\ns = %x %X\n")
    (tmp_path / "lines.txt").write_text("one\ntwo two\n")
    assert reading_of(tmp_path) == dump_of(build, tmp_path)


@pytest.mark.parametrize("build", BUILDS)
def test_a_condition_in_a_condition_is_told_where_uwsgi_exits(build: str, tmp_path: Path) -> None:
    if shutil.which(build) is None:
        pytest.skip(f"no {build} here")
    (tmp_path / "main.ini").write_text(
        "[uwsgi]\nif-env = ENUF_TEST\nfor = a b\nx = %(_)\nendfor =\nendif =\n"
    )
    assert "recursive logic in options is not supported" in output_of(build, tmp_path)
    assert [problem.kind for problem in config_in(tmp_path).problems] == ["logic"]
