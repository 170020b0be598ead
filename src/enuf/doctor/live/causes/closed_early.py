"""uWSGI took the request and closed the connection: its log says why."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LiveProof
from enuf.doctor.live.evidence_lines import log_line, said_line

_RESET = 104


class _Sign(NamedTuple):
    code: str
    name: str
    pattern: re.Pattern[str]
    message: str
    hint: str


_SIGNS = (
    _Sign(
        "N001", "uwsgi-params-missing", re.compile(r"KeyError: '(?:REQUEST_METHOD|wsgi\.url_scheme|SERVER_NAME)'"),
        "nginx sent uWSGI no variables of the request, such as REQUEST_METHOD: the location has no include uwsgi_params",
        "include uwsgi_params; beside uwsgi_pass",
    ),
    _Sign(
        "U018", "plugin-wrong-name", re.compile(r"!!! UNABLE to load uWSGI plugin: (?P<detail>\S+): cannot open shared object"),
        "uWSGI could not load its plugin, and runs without Python", "plugins = python3, with the package of that plugin installed",
    ),
    _Sign(
        "U017", "plugin-not-loaded", re.compile(r"-- unavailable modifier requested: 0 --|no request plugin is loaded"),
        "this uWSGI has Python as a plugin, and did not load it: it cannot handle a request for Python", "plugins = python3",
    ),
)  # fmt: skip


def _prove(sign: _Sign, case: LiveCase) -> Iterator[LiveProof]:
    seen = case.seen(lambda error: "prematurely closed" in error.text or error.errno == _RESET)
    if seen is None or not seen.is_now or not case.is_said_by_server:
        return
    match = case.said.find(sign.pattern)
    if match is None:
        return
    evidence = (log_line(seen), said_line(match.string))
    found = case.of_fault(sign.code)
    yield LiveProof(
        finding=found,
        message=f"{sign.message}: nginx got no answer and answered 502",
        hint=sign.hint,
        evidence=evidence,
    )


CAUSES = tuple(
    Cause(code=each.code, name=each.name, severity="error", order=530 + number, prove=partial(_prove, each))
    for number, each in enumerate(_SIGNS)
)
