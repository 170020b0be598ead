"""Every line of a log is read exactly once, whatever happens to its files and to the reader."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.examples import examples

from enuf.inspect import log_tail
from enuf.inspect.log_tail import LogTail, Position, end_position


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


class Reading(Protocol):
    def __call__(self, positions: Sequence[Position] | None = None) -> LogTail: ...


@pytest.fixture
def reading(log: Path) -> Iterator[Reading]:
    """A reader of the log, from these positions."""
    readers = list[LogTail]()

    def read(positions: Sequence[Position] | None = None) -> LogTail:
        readers.append(LogTail(log, positions))
        return readers[-1]

    yield read
    for reader in readers:
        reader.close()


def add(log: Path, *lines: str) -> None:
    with log.open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_without_a_position_it_begins_with_what_is_added(log: Path, reading: Reading) -> None:
    add(log, "old")
    reader = reading()
    add(log, "1", "2")
    assert reader.read() == ["1", "2"]
    assert reader.read() == []


def test_a_log_that_is_not_there_yet_is_read_from_its_first_line(log: Path, reading: Reading) -> None:
    reader = reading([end_position(log)])
    assert reader.read() == []
    add(log, "1")
    assert reader.read() == ["1"]


def test_half_a_line_waits_for_its_other_half(log: Path, reading: Reading) -> None:
    reader = reading([])
    log.write_text("whole\nha")
    assert reader.read() == ["whole"]
    with log.open("a") as file:
        file.write("lf\n")
    assert reader.read() == ["half"]


def test_lines_that_come_after_a_rotation_under_the_old_name_are_read_too(
    log: Path, reading: Reading
) -> None:
    add(log, "1")
    reader = reading([])
    assert reader.read() == ["1"]
    with log.open("a", buffering=1) as late:
        log.rename(f"{log}.1")
        late.write("2\n")
        add(log, "3")
        assert sorted(reader.read()) == ["2", "3"]
        late.write("4\n")
        add(log, "5")
        assert sorted(reader.read()) == ["4", "5"]


def test_several_rotations_between_two_looks_lose_nothing(log: Path, reading: Reading) -> None:
    reader = reading([])
    add(log, "1")
    assert reader.read() == ["1"]
    add(log, "2")
    log.rename(f"{log}.2")
    add(log, "3")
    log.rename(f"{log}.1")
    add(log, "4")
    assert reader.read() == ["2", "3", "4"]


@pytest.mark.parametrize("name", ["access.log-20260301", None])
def test_an_older_file_is_not_read_again_when_the_log_goes_to_a_name_of_somebody_else(
    log: Path, reading: Reading, name: str | None
) -> None:
    add(Path(f"{log}.1"), "old")
    add(log, "1")
    reader = reading()
    add(log, "2")
    log.rename(log.with_name(name)) if name else log.unlink()
    add(log, "3")
    assert reader.read() == ["2", "3"]


def test_a_log_that_is_copied_and_emptied_in_several_looks_is_read_whole(
    log: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_tail, "READ_LIMIT_BYTES", 1000)
    lines = [f"{number:03} {'x' * (number % 97)}" for number in range(100)]
    reader, seen = reading(), list[str]()
    add(log, *lines)
    seen += reader.read()
    shutil.copy(log, f"{log}.1")
    log.write_text("")
    add(log, "after")
    while found := reader.read():
        seen += found
    assert seen == [*lines, "after"]


def test_a_log_that_somebody_emptied_is_read_from_its_beginning(log: Path, reading: Reading) -> None:
    add(log, "1", "2", "3")
    reader = reading()
    log.write_text("4\n")
    assert reader.read() == ["4"]


def test_a_log_that_vanished_is_read_again_when_it_comes_back(log: Path, reading: Reading) -> None:
    add(log, "1")
    reader = reading([])
    assert reader.read() == ["1"]
    log.unlink()
    assert reader.read() == []
    add(log, "2")
    assert reader.read() == ["2"]


def test_a_file_that_was_set_aside_is_let_go_in_time(
    log: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_tail, "LINGERS_S", 0.0)
    reader = reading([])
    for number in range(50):
        add(log, str(number))
        assert reader.read() == [str(number)]
        log.unlink()
    assert len(reader.positions) <= 2


def test_a_million_lines_are_read_in_pieces_of_bounded_size(log: Path, reading: Reading) -> None:
    with log.open("w") as file:
        for first in range(0, 1_000_000, 10_000):
            file.write("".join(f"line {number}\n" for number in range(first, first + 10_000)))
    reader, count, last = reading([]), 0, ""
    while lines := reader.read():
        assert sum(map(len, lines)) <= log_tail.READ_LIMIT_BYTES
        count, last = count + len(lines), lines[-1]
    assert (count, last) == (1_000_000, "line 999999")


def test_a_line_without_an_end_does_not_stop_the_reader_for_ever(
    log: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_tail, "READ_LIMIT_BYTES", 1000)
    log.write_text("x" * 2500 + "\nnext\n")
    reader, seen = reading([]), list[str]()
    for _ in range(5):
        seen += reader.read()
    assert seen[-1] == "next"


@pytest.mark.parametrize("lingers_s", [0.0, 5.0])
def test_catching_up_over_a_rotation_in_many_looks_neither_cuts_a_line_nor_leaves_one_out(
    log: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch, lingers_s: float
) -> None:
    monkeypatch.setattr(log_tail, "READ_LIMIT_BYTES", 1000)
    monkeypatch.setattr(log_tail, "LINGERS_S", lingers_s)
    lines = [f"{number:03} {'x' * (number % 97)}" for number in range(300)]
    add(log, *lines[:150])
    reader = reading([])
    seen = reader.read()
    log.rename(f"{log}.1")
    add(log, *lines[150:])
    while found := reader.read():
        seen += found
    assert seen == lines


ACTIONS = st.lists(st.sampled_from(["write", "write", "write", "rotate", "look", "restart"]), max_size=40)


@settings(max_examples=examples(150), deadline=None)
@given(actions=ACTIONS)
def test_nothing_is_lost_or_repeated_in_any_order_of_writing_rotating_looking_and_starting_anew(
    actions: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    log = tmp_path_factory.mktemp("log") / "access.log"
    writer, reader, seen, written = log.open("a", buffering=1), LogTail(log, []), list[str](), 0
    positions: tuple[Position, ...] = reader.positions

    def look() -> None:
        nonlocal positions
        seen.extend(reader.read())
        positions = reader.positions  # kept together with what was seen, as a checkpoint does

    def rotate() -> None:
        nonlocal writer
        for number in range(8, 0, -1):
            if Path(f"{log}.{number}").exists():
                Path(f"{log}.{number}").rename(f"{log}.{number + 1}")
        log.rename(f"{log}.1")
        writer.write(f"{written} late\n")  # its writer has not noticed yet
        writer.close()
        writer = log.open("a", buffering=1)

    def restart() -> None:
        nonlocal reader
        reader.close()
        reader = LogTail(log, positions)

    steps: dict[str, Callable[[], None]] = {"look": look, "rotate": rotate, "restart": restart}
    late, rotations = list[str](), 0
    for action in actions:
        if action == "write":
            written += 1
            writer.write(f"{written}\n")
        elif action == "rotate" and rotations < 8:
            rotations += 1
            late.append(f"{written} late")
            rotate()
        elif action != "rotate":
            steps[action]()
    restart()
    look()
    look()
    writer.close()
    reader.close()
    assert sorted(seen) == sorted([*map(str, range(1, written + 1)), *late])
