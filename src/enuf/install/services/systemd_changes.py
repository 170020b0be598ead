"""Which changes of a unit systemd takes over while the unit runs. Pure."""

from __future__ import annotations

from enuf.syntax.unit import read_unit

TAKEN_LIVE = {
    "Unit": frozenset({"Description", "Documentation", "After", "Before", "StartLimitIntervalSec", "StartLimitBurst", "OnFailure"}),
    "Service": frozenset(
        {
            *("ExecReload", "ExecStartPost", "ExecStop", "ExecStopPost"),
            *("TimeoutStartSec", "TimeoutStopSec", "KillMode", "Restart", "RestartSec", "RestartPreventExitStatus"),
        }
    ),
    "Socket": frozenset({"ExecStartPost", "RemoveOnStop"}),
}  # fmt: skip
"""Lines, by their section, that `systemctl daemon-reload` puts in force: systemd looks at them at the next event, and
not only when the process starts. Also those of [Install], which are for `systemctl enable`."""

_Lines = dict[tuple[str, str], tuple[str, ...]]


def must_restart(before: str, after: str) -> bool:
    """Return True where the running unit differs from its new text in more than `systemctl daemon-reload` puts in force."""
    old, new = _lines(before), _lines(after)
    changed = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    return any(section != "Install" and name not in TAKEN_LIVE.get(section, ()) for section, name in changed)


def _lines(text: str) -> _Lines:
    found: _Lines = {}
    for setting in read_unit(text, "unit").settings:
        key = setting.section, setting.name
        found[key] = (*found.get(key, ()), setting.value)
    return found
