"""The declarations of links and causes of a diagnosis, and what their functions yield."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import msgspec

from enuf.doctor.live.case import LiveCase
from enuf.model.finding import Finding, Fix, Severity

LinkState = Literal["ok", "fault", "unknown"]


class LinkResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one link of the chain from the visitor to the app looks like."""

    state: LinkState
    text: str
    """One sentence."""
    evidence: tuple[str, ...] = ()


class LiveLink(msgspec.Struct, frozen=True, kw_only=True):
    """One link of the chain: a number for its place, a title, and the pure function that describes it.

    The function returns None where the chain has no such link.
    """

    order: int
    title: str
    describe: Callable[[LiveCase], LinkResult | None]


class LiveProof(msgspec.Struct, frozen=True, kw_only=True):
    """A proven cause: what a finding needs beside the code."""

    message: str = ""
    hint: str = ""
    evidence: tuple[str, ...] = ()
    file: str = ""
    """Empty for the place where the request is passed on."""
    line: int = 1
    severity: Severity | None = None
    fix: Fix | None = None
    finding: Finding | None = None
    """A finding in the files that the running stack confirms: its message, place, hint and fix are taken."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of the catalogue that a running stack can prove.

    Of several that are proven the one with the lowest `order` is the verdict.
    """

    code: str
    name: str
    severity: Severity
    order: int
    prove: Callable[[LiveCase], Iterator[LiveProof]]
