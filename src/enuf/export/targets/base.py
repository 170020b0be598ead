"""The protocol of a target: an engine that the same deployment is written for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from enuf.export.deployment import Deployment, ExportedFile
from enuf.model.peers import Peers
from enuf.model.topology import Topology


class ExportTarget(Protocol):
    """An engine: pure functions from a Deployment to values."""

    name: str
    title: str
    """What people call it."""
    starts_enuf: bool
    """True where enuf is process 1 of the one container; False where each server has a container of its own."""
    runs_copies: bool
    """True where the engine runs several copies, on several hosts."""
    takes_variables_literally: bool
    """True where a file with variables is read without the rules of a shell: quotes are part of the value."""
    meaningless: Mapping[str, str]
    """Settings that mean nothing there, or a section of them, each with what takes its place."""

    def settings(self, row: Topology) -> Mapping[str, str]:
        """Return the settings that the engine decides. Raise SettingsInvalid for a topology that it cannot run."""
        ...

    def peers(self, row: Topology) -> Peers | None:
        """Return the name by which the web server finds the copies of the app server; None where they share a host."""
        ...

    def files(self, deployment: Deployment, own_ignored: tuple[str, ...]) -> tuple[ExportedFile, ...]:
        """Return all files, whole."""
        ...

    def commands(self, deployment: Deployment) -> tuple[tuple[str, str], ...]:
        """Return what to type next: the purpose, and the command, in the project's folder."""
        ...
