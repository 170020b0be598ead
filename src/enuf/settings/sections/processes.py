"""The values of `[processes]` and `[schedule]`: commands that run beside the web app."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, field

from enuf.settings import typed
from enuf.settings.cron import cron_times
from enuf.settings.formats import process_name, variable_name
from enuf.settings.kinds import FormattedText
from enuf.settings.table_value import TableValue
from enuf.settings.tables import Table
from enuf.settings.values import Duration

_MOST_COPIES = 64
_Variables = dict[
    Annotated[str, FormattedText(variable_name, 'a variable like "QUEUE"')],
    str,
]
_StopWithin = Annotated[typed.Time, Meta(ge=1, le=3600)]


class ProcessSetting(TableValue, frozen=True, kw_only=True):
    """A process that runs as long as the app: a worker of a queue, say."""

    command: typed.CommandLine
    count: Annotated[int, Meta(ge=1, le=_MOST_COPIES)] = 1
    stop_within: _StopWithin = Duration(10)
    env: _Variables = field(default_factory=dict)


class JobSetting(TableValue, frozen=True, kw_only=True):
    """A command that runs now and then: `cron` says at which times, or `every` in which interval."""

    command: typed.CommandLine
    cron: Annotated[str, FormattedText(cron_times, 'times like "0 3 * * *"')] = ""
    every: Annotated[typed.Time | None, Meta(ge=1)] = None
    stop_within: _StopWithin = Duration(10)
    env: _Variables = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError unless exactly one of `cron` and `every` is there."""
        if bool(self.cron) == (self.every is not None):
            raise ValueError('write either cron = "0 3 * * *" or every = "10m"')


Processes = Annotated[
    dict[
        Annotated[str, FormattedText(process_name, 'a name like "worker"')],
        Annotated[ProcessSetting, Table(ProcessSetting, 'a command like "celery -A shop worker", or a table with command')],
    ],
    Meta(
        description="Processes that run beside the web app, by name: a command without a shell, or a table with `command`, "
        "`count` (how many copies, 1 to 64), `stop_within` (the time between TERM and KILL, 10s) and `env` (variables). "
        "They have the app's environment, user and folder, and are started again when they end. "
        "Without this section the lines of a Procfile count, save `web` and `release`.",
        examples=[{"worker": "celery -A shop worker"}, {"worker": {"command": "rq worker", "count": 2, "stop_within": "1m"}}],
    ),
]  # fmt: skip
Schedule = Annotated[
    dict[
        Annotated[str, FormattedText(process_name, 'a name like "nightly"')],
        Annotated[JobSetting, Table(JobSetting, 'a table like { command = "flask cleanup", every = "10m" }')],
    ],
    Meta(
        description="Commands that run at certain times, by name: a table with `command` and either `cron` (five fields as in "
        "crontab, in the time zone of the machine) or `every` (an interval), and `stop_within` and `env` as in [processes]. "
        "A run that has not ended yet is never joined by a second one.",
        examples=[{"nightly": {"command": "flask cleanup", "cron": "0 3 * * *"}}, {"sync": {"command": "flask sync", "every": "10m"}}],
    ),
]  # fmt: skip
