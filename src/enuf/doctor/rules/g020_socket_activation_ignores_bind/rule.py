"""A `--bind` beside a socket that systemd opens: gunicorn ignores it."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import at_app_setting, gunicorns
from enuf.doctor.rule import Diagnostic, Rule


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every --bind of a unit whose .socket unit listens on another address; advice where they agree."""
    for server in gunicorns(evidence):
        setting = server.setting("bind")
        activated = [bind for bind in server.binds if bind.activated]
        if setting is None or not activated or not isinstance(setting.value, list):
            continue
        written = [str(each).removeprefix("unix:") for each in setting.value]
        opened = [bind.text for bind in activated]
        if all(each in opened for each in written):
            continue
        yield at_app_setting(
            server,
            "bind",
            f"systemd opens {', '.join(opened)} for this service, so gunicorn ignores --bind {setting.value[-1]}",
            hint=f"take --bind out, and let nginx pass to unix:{opened[0]}"
            if opened[0].startswith("/")
            else "take --bind out",
        )


RULE = Rule("G020", "socket-activation-ignores-bind", "warning", check)
