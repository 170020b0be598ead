"""What a supervisor records about its stack: each event once, as a value.

The journal keeps them as lines of JSON in `events.jsonl`; `enuf.log` shows the text of each. Readers decode
the values and never parse the text.
"""

from __future__ import annotations

import msgspec

from enuf.model.beside_events import (
    JobEnded,
    JobNotRun,
    SideProcessEnded,
    SideProcessStarted,
)
from enuf.model.certificate_events import (
    CertificateOrderFailed,
    CertificateRefused,
    CertificateTaken,
)
from enuf.model.stack_events import (
    BugFound,
    LogsReopened,
    NoteGiven,
    PhaseChanged,
    ProjectMoved,
    ReleaseServes,
    ReloadAccepted,
    ReloadRefused,
    StackEnded,
    StackLost,
    StackStarted,
    StartFailed,
    WarningGiven,
)
from enuf.model.unit_events import (
    DashboardExited,
    HungRequestEnded,
    StrayFound,
    StraysEnded,
    UnitExited,
    UnitReady,
    UnitStarted,
    UnitUnready,
    WorkerExited,
)

JournalEvent = (
    StackStarted | StartFailed | StackEnded | StackLost | PhaseChanged | UnitStarted | UnitReady | UnitUnready | UnitExited
    | StraysEnded | StrayFound | ProjectMoved | ReleaseServes | ReloadAccepted | ReloadRefused | HungRequestEnded | WorkerExited
    | SideProcessStarted | SideProcessEnded | JobEnded | JobNotRun | DashboardExited | CertificateTaken | CertificateRefused | CertificateOrderFailed | LogsReopened | WarningGiven
    | NoteGiven | BugFound
)  # fmt: skip
_DECODER: msgspec.json.Decoder[JournalEvent] = msgspec.json.Decoder(JournalEvent)


def decode_event(line: str | bytes) -> JournalEvent | None:
    """Return the event of one line of `events.jsonl`; None for a line that is none, or of a newer version."""
    try:
        return _DECODER.decode(line)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
