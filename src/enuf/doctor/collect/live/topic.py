"""The declaration of a collector of one topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import LiveEvidence


class TopicCollector(msgspec.Struct, frozen=True):
    """A collector of one topic: its name, the function that returns a frozen struct, or None, and what it looks at.

    A module below topics/ has one as TOPIC.
    """

    name: str
    collect: Callable[[Collection, LiveEvidence, Evidence], Any]
    what: str
