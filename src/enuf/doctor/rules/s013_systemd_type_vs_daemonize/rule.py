"""A process manager that waits for one process, and a uWSGI that leaves it for another."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server, StartCommand
from enuf.doctor.rule import Diagnostic, Rule, at_option, at_setting, remove_lines
from enuf.syntax.uwsgi_config import ParsedOption

_ANSWERS = {
    "supervisor": "supervisor",
    "docker": "the container",
    "compose": "the container",
    "procfile": "the platform",
}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every start by a process manager that does not agree with daemonize."""
    for server in evidence.servers:
        start = server.start
        if start is None:
            continue
        option = server.config.last("daemonize", "daemonize2")
        if start.kind == "unit" and start.unit:
            yield from _unit(server, start, option)
        elif (
            option
            and not option.conditional
            and start.kind in _ANSWERS
            and not _has_next_command(evidence, start)
        ):
            who = _ANSWERS[start.kind]
            yield at_option(
                option,
                f"with daemonize the command that {who} watches ends at once, and {who} takes that for a crash",
                hint=f"take {option.key} out, and log to stdout",
                fix=remove_lines([option], asks="the log then goes to the journal"),
            )


def _unit(server: Server, start: StartCommand, option: ParsedOption | None) -> Iterator[Diagnostic]:
    unit = start.unit
    if unit is None:
        return
    kind = unit.value("Type") or ("dbus" if unit.value("BusName") else "simple")
    watches = kind in ("simple", "exec", "notify", "notify-reload") and not unit.is_on("RemainAfterExit")
    if option and not option.conditional and watches:
        yield at_option(
            option,
            f"Type={kind} watches the command itself, which daemonize ends at once: systemd considers the service dead",
            hint=f"take {option.key} out; Type=notify, NotifyAccess=all, KillSignal=SIGQUIT",
            fix=remove_lines([option], asks="the log then goes to the journal"),
        )
    setting = unit.last("Type")
    if (
        option is None
        and setting
        and kind == "forking"
        and server.config.is_complete
        and server.config.options
    ):
        yield at_setting(
            setting,
            "Type=forking waits for the command to end, and without daemonize it never does: the start times out",
            severity="warning",
            hint="Type=notify",
        )


def _has_next_command(evidence: Evidence, start: StartCommand) -> bool:
    """Return True if another command follows, so that uWSGI belongs in the background."""
    file = evidence.file(start.file)
    text = file.text if file else ""
    return any(char in text for char in ("&&", "; ", "tail -f", "sleep")) and start.kind != "supervisor"


RULE = Rule("S013", "systemd-type-vs-daemonize", "error", check)
