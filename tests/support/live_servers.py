"""What the small stacks that the live doctor looks at have in common: the head of nginx.conf, uWSGI's variables, a pipe in the app."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import psutil

BIN = Path(sys.prefix) / "bin"
_USER = "user nobody nogroup;" if os.geteuid() == 0 else ""
NGINX_HEAD = f"""
{_USER}
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log info;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path t1; proxy_temp_path t2; fastcgi_temp_path t3; uwsgi_temp_path t4; scgi_temp_path t5;
"""
"""The text up to the first server block."""
_NAMES = ("QUERY_STRING", "REQUEST_METHOD", "REQUEST_URI", "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR")  # fmt: skip
UWSGI_PARAMS = (
    "".join(f"uwsgi_param {name} ${name.lower()};\n" for name in _NAMES)
    + "uwsgi_param PATH_INFO $document_uri;\n"
)


def start_in(folder: Path, name: str, words: Sequence[str]) -> psutil.Popen:
    """Start a server in a session of its own; what it prints is added to NAME.out in the folder."""
    with (folder / f"{name}.out").open("ab") as output:
        return psutil.Popen(
            list(words),
            cwd=folder,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )


def let_go(pipe: Path) -> None:
    """Let every request go on whose app waits at a pipe: `open(pipe).close()` waits for the other end."""
    if pipe.exists():
        os.close(os.open(pipe, os.O_RDWR | os.O_NONBLOCK))
