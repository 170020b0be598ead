"""A reader of what is added to all logs of a stack."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from enuf.inspect.log_tail import LogTail
from enuf.observe.logs.records import LogParser, Record, changed_at


class Tail:
    """A reader of the records added to the logs of a folder, also across rotations; a context manager."""

    def __init__(self, folder: Path) -> None:
        """Begin at the ends of the logs that exist now, and at the first lines of later ones."""
        self._folder = folder
        self._readers = {log: LogTail(log) for log in folder.glob("*.log")}
        self._parsers: dict[Path, LogParser] = {}

    def __enter__(self) -> Tail:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for reader in self._readers.values():
            reader.close()

    @property
    def ends(self) -> dict[Path, int]:
        """The offset up to which each log has been read."""
        return {log: reader.offset for log, reader in self._readers.items()}

    def new(self) -> list[Record]:
        """Return the records added since the last call, ordered by time."""
        records: list[Record] = []
        for log in sorted({*self._readers, *self._folder.glob("*.log")}):
            if log not in self._readers:
                self._readers[log] = LogTail(log, last_bytes=None)
            reader = self._readers[log]
            parser = self._parsers.setdefault(log, LogParser(log.name))
            records += parser.parse(reader.read(), changed_at(log))
        return sorted(records, key=lambda record: record.at)
