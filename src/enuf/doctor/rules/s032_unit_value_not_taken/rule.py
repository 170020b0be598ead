"""Values in a unit that systemd refuses or ignores: quotes, comments behind them, relative folders, unknown words."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, is_drop_in, is_replaced_by_a_script, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.model.finding import Severity
from enuf.syntax.unit import UnitFile, UnitSetting

_SIGNALS = tuple(each.name for each in signal.Signals)
_FATAL = frozenset(("WorkingDirectory", "RootDirectory", "User", "Group"))
_WORDS = {
    "Type": ("simple", "exec", "forking", "oneshot", "dbus", "notify", "notify-reload", "idle"),
    "Restart": ("no", "always", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort"),
    "KillMode": ("control-group", "mixed", "process", "none"),
    "KillSignal": (
        "SIGTERM",
        *_SIGNALS,
        *(name.removeprefix("SIG") for name in _SIGNALS),
        *map(str, range(1, 65)),
    ),
}
_PLAIN = (
    "User", "Group", "WorkingDirectory", "RootDirectory", "Restart", "RestartSec", "Type", "UMask", "KillSignal", "KillMode", "PIDFile",
    "TimeoutStopSec", "TimeoutStartSec", "LimitNOFILE", "RuntimeDirectory", "RuntimeDirectoryMode", "EnvironmentFile", "NotifyAccess",
    "PrivateTmp",
)  # fmt: skip
_TIME = re.compile(
    r"infinity|(?:\d+(?:\.\d+)?\s*(?:us|usec|µs|ms|msec|s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?)?\s*)+"
)
_LIMIT = re.compile(r"(?:infinity|\d+[KMGTPE]?)(?::(?:infinity|\d+[KMGTPE]?))?")
_MODE = re.compile(r"[0-7]{1,5}")
_FORMS = {
    "TimeoutStopSec": (_TIME, "30"),
    "TimeoutStartSec": (_TIME, "90"),
    "TimeoutSec": (_TIME, "30"),
    "RestartSec": (_TIME, "5"),
    "LimitNOFILE": (_LIMIT, "65536"),
    "LimitNPROC": (_LIMIT, "4096"),
    "UMask": (_MODE, "0027"),
    "RuntimeDirectoryMode": (_MODE, "0755"),
}
"""Numbers and times, each with a value that fits."""
_PATH = re.compile(r"[\"']?PATH=[\"']?((?:opt|usr|home|srv|var|root)/[^:\"'\s]*)")
_STREAMS = ("StandardOutput", "StandardError")
_FOLDERS = ("RuntimeDirectory", "StateDirectory", "LogsDirectory", "CacheDirectory")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every value that systemd does not take as it is written."""
    for unit in services(evidence):
        for setting in unit.settings:
            if setting.section != "Service" or not setting.value or has_placeholder(setting):
                continue
            problem = _problem(setting)
            if problem and not is_replaced_by_a_script(evidence, setting):
                message, right, severity = problem
                yield at_setting(setting, message, hint=f"{setting.name}={right}", severity=severity)
        yield from _without_command(unit)
        yield from _in_other_section(unit)
        yield from _relative_path(unit)


def _without_command(unit: UnitFile) -> Iterator[Diagnostic]:
    """Report a unit whose `ExecStart=` lines are all empty: in a drop-in such a line empties the list."""
    written = [
        setting for setting in unit.settings if (setting.section, setting.name) == ("Service", "ExecStart")
    ]
    others = any(unit.all(name) for name in ("ExecStop", "SuccessAction"))
    if written and not any(each.value for each in written) and not others and not is_drop_in(unit):
        yield at_setting(
            written[-1],
            "the service has no command: systemd refuses to start it (bad unit file setting)",
            severity="warning" if _is_a_form(unit) else None,
            hint="ExecStart=/srv/app/venv/bin/uwsgi --ini /srv/app/uwsgi.ini",
        )


def _relative_path(unit: UnitFile) -> Iterator[Diagnostic]:
    """Report a PATH whose first folder was meant to be absolute."""
    for setting in unit.all("Environment"):
        found = _PATH.match(setting.value)
        if found and not has_placeholder(setting):
            yield at_setting(
                setting,
                f"PATH begins with {found[1]}, which is no absolute path: the programs there are not found",
                hint=f"Environment=PATH=/{found[1]}",
                severity="warning",
            )


def _is_a_form(unit: UnitFile) -> bool:
    """Return True for a unit that leaves its folder or its user open, too: a person has to fill it in."""
    return any(each.name in ("WorkingDirectory", "User") and not each.value for each in unit.settings)


def _problem(setting: UnitSetting) -> tuple[str, str, Severity] | None:
    """Return what is wrong with a value, the right value, and how bad that is."""
    name, value = setting.name, setting.value
    fatal: Severity = "error" if name in _FATAL else "warning"
    comment = next((sign for sign in (" #", " ;", "\t#") if sign in value), "")
    if name in _PLAIN and comment:
        right = value.partition(comment)[0].rstrip()
        return f"systemd knows no comment behind a value: {name} is `{value}`, {_outcome(name)}", right, fatal
    path = value.lstrip("-")
    if name in ("WorkingDirectory", "RootDirectory", "EnvironmentFile", "PIDFile") and path != "~":
        if path[:1] in "\"'":
            return (
                f"systemd takes the quotes for a part of the path: {_outcome(name)}",
                path.strip("\"'"),
                fatal,
            )
        if not path.startswith(("/", "%", "$")) and name != "PIDFile":
            right = f"/srv/app/{path.removeprefix('~/').removeprefix('./')}"
            return f"systemd takes an absolute path here, without ~: {_outcome(name)}", right, fatal
    if name in ("User", "Group") and value.startswith("$"):
        return f"systemd fills in no variable here: there is no user called {value}", "www-data", "error"
    return _word(name, value)


def _word(name: str, value: str) -> tuple[str, str, Severity] | None:
    known = _WORDS.get(name)
    if known and value not in known and "%" not in value and "RTM" not in value:
        right = "always" if name == "Restart" else known[0]
        return f"systemd knows no {name} {value}, and ignores the line", right, "warning"
    form = _FORMS.get(name)
    if form and not form[0].fullmatch(value) and "%" not in value and "$" not in value:
        return f"systemd takes no {name} {value}, and ignores the line", form[1], "warning"
    if name in _STREAMS and value.startswith("/"):
        return (
            "systemd ignores a path here: the output goes to the journal, not to this file",
            f"append:{value}",
            "warning",
        )
    if name in _FOLDERS and value.startswith("/"):
        return (
            f"systemd takes a name below its own folder, and ignores a path: {value} is not made",
            value.strip("/").rpartition("/")[2],
            "warning",
        )
    return None


def _outcome(name: str) -> str:
    if name in ("User", "Group"):
        return "a user that does not exist, so the service fails (217/USER)"
    return "it refuses the unit" if name in _FATAL else "the line is ignored"


def _in_other_section(unit: UnitFile) -> Iterator[Diagnostic]:
    """Report settings below a heading under which systemd does not look for them."""
    for setting in unit.settings:
        if setting.section == "Service" and setting.name in ("WantedBy", "RequiredBy"):
            yield at_setting(
                setting,
                f"systemd ignores {setting.name} in [Service]: the service does not start at boot",
                hint="[Install]  above this line",
                severity="warning",
            )
        elif setting.section in ("Unit", "Install") and setting.name in (
            "User",
            "Group",
            "ExecStart",
            "WorkingDirectory",
            "Environment",
        ):
            yield at_setting(
                setting,
                f"systemd ignores {setting.name} in [{setting.section}]",
                hint="[Service]  above this line",
                severity="error" if setting.name == "ExecStart" else "warning",
            )


RULE = Rule("S032", "unit-value-not-taken", "error", check)
