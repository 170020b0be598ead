"""What the dashboard's process knows already: it has watched, while a command has only just come."""

from __future__ import annotations

import contextlib
from pathlib import Path

import msgspec

from enuf.model.paths import StackPaths
from enuf.model.snapshot import Advice
from enuf.system.files import read_regular

WITHIN_S = 1.0
LIMIT_BYTES = 8 * 2**20


class Seen(msgspec.Struct, frozen=True):
    """The part of its last look that takes time to see."""

    advice: tuple[Advice, ...] = ()


def read_token(paths: StackPaths) -> str:
    """What a visitor of the dashboard must show; empty when there is none, or we may not read it."""
    try:
        return read_regular(Path(paths.dashboard_token), follow=False).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def ask_dashboard(url: str, token: str) -> Seen:
    """What it has seen; nothing when it does not answer at once."""
    if not url.startswith("http://") or not token:
        return Seen()
    import http.client
    from urllib.parse import urlsplit

    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port or 80, timeout=WITHIN_S)
    failures = (OSError, http.client.HTTPException, msgspec.MsgspecError)
    with contextlib.closing(connection), contextlib.suppress(*failures):
        connection.request("GET", "/api/snapshot", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        if answer.status == 200:
            return msgspec.json.decode(answer.read(LIMIT_BYTES), type=Seen)
    return Seen()
