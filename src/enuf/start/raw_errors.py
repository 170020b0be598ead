"""Errors of servers that refuse a raw setting: the setting's name and the server's words."""

from __future__ import annotations

import re
from collections.abc import Callable

from enuf.errors import EnufError, NotReady
from enuf.model.plan import Plan
from enuf.settings.load import Loaded

_NGINX = re.compile(r"\[emerg\] (?:\d+#\d+: )?(?P<reason>.+) in \S.*?:(?P<line>[0-9]{1,9})$", re.MULTILINE)
_BEGIN = re.compile(r"# --- (raw\.\w+): your own lines")
_RAW_NGINX = ("nginx_http", "nginx_server")


def blamed(error: EnufError, plan: Plan, loaded_again: Callable[[], Loaded]) -> EnufError:
    """Return a clearer error where a raw setting is the cause, else the error itself."""
    if not isinstance(error, NotReady):
        return error
    try:
        loaded = loaded_again()
    except EnufError:  # they were changed meanwhile
        return error
    summary = _of_nginx(error.detail, plan, loaded) or _of_uwsgi(error.detail, loaded)
    if not summary:
        return error
    return NotReady(
        summary,
        "what stands in [raw] is copied as it is: correct it there",
        detail=error.detail,
        slug=error.slug,
    )


def _of_nginx(said: str, plan: Plan, loaded: Loaded) -> str:
    found = _NGINX.search(said)
    written = [f"raw.{name}" for name in _RAW_NGINX if getattr(loaded.settings.raw, name)]
    if found is None or not written or plan.front is None:
        return ""
    place = _place_of_line(plan.file(plan.front.process.config).text, int(found["line"]))
    key = place.rpartition(" ")[2] or written[0]
    return f"nginx refuses {place or key} ({loaded.origins[key]}): {found['reason']}"


def _place_of_line(text: str, number: int) -> str:
    """Return `line 2 of raw.nginx_server` for a line of the file that a raw setting wrote, else an empty string."""
    for back, line in enumerate(reversed(text.splitlines()[: number - 1]), 1):
        if "# --- end of raw." in line:
            return ""
        if begin := _BEGIN.search(line):
            return f"line {back} of {begin[1]}"
    return ""


def _of_uwsgi(said: str, loaded: Loaded) -> str:
    for option in loaded.settings.raw.uwsgi:
        line = next(
            (
                line
                for line in said.splitlines()
                if re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", line)
            ),
            "",
        )
        if line:
            return f"uWSGI refuses raw.uwsgi ({loaded.origins['raw.uwsgi']}): {line.strip()}"
    return ""
