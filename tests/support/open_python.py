"""A Python with enuf that every user may run: the Python of the tests is often below /root."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

import enuf

NOBODY = 65534


def as_number(uid: int) -> tuple[str, ...]:
    """Return the words before a command that run it as this user id, with no other group and no capability."""
    return ("setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--")


def make_open_python(folder: Path) -> str:
    """Make it and return its path; skip the test where the machine has no public Python of the tests' version."""
    folder.chmod(0o755)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (f"{sys.base_prefix}/bin/{version}", f"/usr/bin/{version}", f"/usr/local/bin/{version}")
    base = next((path for path in candidates if _is_open(path, "-x")), None)
    if base is None:
        pytest.skip(f"no {version} that every user may run")
    subprocess.run([base, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60)
    site = folder / "venv" / "lib" / version / "site-packages"
    ours = sysconfig.get_path("purelib")
    if _is_open(ours) and _is_open(str(Path(enuf.__file__))):
        # addsitedir, so that an editable install's own .pth file counts too
        (site / "ours.pth").write_text(f"import site; site.addsitedir({ours!r})\n")
    else:
        _copy_distributions(site)
        shutil.copytree(Path(enuf.__file__).parent, site / "enuf", dirs_exist_ok=True)
    return str(folder / "venv" / "bin" / "python")


def _is_open(path: str, test: str = "-r") -> bool:
    return subprocess.run([*as_number(NOBODY), "test", test, path], check=False, timeout=60).returncode == 0


def _copy_distributions(site: Path) -> None:
    """Copy the installed dependencies of enuf, and theirs."""
    waiting, known = ["enuf"], {"enuf"}
    while waiting:
        distribution = importlib.metadata.distribution(waiting.pop())
        for file in distribution.files or ():
            if not file.parts[0].startswith(".."):
                target = site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                # with its time, or Python compiles the module in each process
                shutil.copy2(str(distribution.locate_file(file)), target)
        for need in distribution.requires or ():
            name = re.split(r"[^\w.-]", need, maxsplit=1)[0]
            if "extra ==" not in need and name not in known:
                known.add(name)
                waiting.append(name)
