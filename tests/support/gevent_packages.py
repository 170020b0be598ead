"""gevent for an app under test: in a folder of its own, because the suite's own packages want another greenlet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PINS = ("gevent==26.9.0", "greenlet==3.5.6", "zope.event==6.2", "zope.interface==8.7")
"""The versions that CI runs with; gunicorn's worker wants a gevent whose greenlet is too new for httpbin and playwright."""


def installed_in(folder: Path) -> str:
    """Install gevent in a folder. Return it for PYTHONPATH."""
    command = (
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-compile",
        "--target",
        str(folder),
    )
    done = subprocess.run([*command, *PINS], capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return str(folder)
