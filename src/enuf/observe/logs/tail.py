"""What is added to logs, also across a rotation."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from enuf.inspect.log_tail import LogTail
from enuf.observe.logs.records import Record, changed_at, parse


class Tail:
    """What is added to the logs of a folder since the last look, also across a rotation; use it in a `with`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._readers = {log: LogTail(log) for log in folder.glob("*.log")}
        self._last: dict[Path, float] = {}

    def __enter__(self) -> Tail:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        for reader in self._readers.values():
            reader.close()

    @property
    def ends(self) -> dict[Path, int]:
        """How far the logs are known: the sizes that they had at the last look."""
        return {log: reader.offset for log, reader in self._readers.items()}

    def new(self) -> list[Record]:
        """The records since the last call, in the order of time."""
        records: list[Record] = []
        for log in sorted({*self._readers, *self._folder.glob("*.log")}):
            if log not in self._readers:
                self._readers[log] = LogTail(log, last_bytes=None)
            reader = self._readers[log]
            found = list(parse(log.name, reader.read(), self._last.get(log) or changed_at(log)))
            if found:
                self._last[log] = found[-1].at
            records += found
        return sorted(records, key=lambda record: record.at)
