"""The times before the app's lines: what is written at once, what is kept back, and that a reader gets it back."""

from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from enuf.inspect.server_log import without_stamps
from enuf.observe.logs.records import parse
from enuf.wrapper.stamps import LONGEST_PIECE, StampedFile, as_json, as_text

TRACEBACK = ["Traceback (most recent call last):\n", '  File "app.py", line 3, in view\n', "    1 / 0\n"]
FORMATS = pytest.mark.parametrize("lines", [as_text, as_json])


class Printed:
    """A stamped stream and the log below it."""

    def __init__(self, log: Path, lines: Callable[[list[bytes]], bytes]) -> None:
        self.log = log
        self.descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        self.file = StampedFile(self.descriptor, "<stdout>", lines)
        self.stream: TextIO = io.TextIOWrapper(self.file, encoding="utf-8", newline="\n", write_through=True)

    def texts(self) -> list[str]:
        lines = self.log.read_text(errors="replace").split("\n")
        return [record.text for record in parse("server.log", lines)]


@pytest.fixture
def printed(tmp_path: Path) -> Iterator[Callable[..., Printed]]:
    made: list[Printed] = []

    def make(lines: Callable[[list[bytes]], bytes] = as_text) -> Printed:
        made.append(Printed(tmp_path / "server.log", lines))
        return made[-1]

    yield make
    for each in made:
        os.close(each.descriptor)


@FORMATS
def test_what_the_app_prints_is_read_back_with_a_time(
    printed: Callable[..., Printed], lines: Callable[[list[bytes]], bytes]
) -> None:
    to = printed(lines)
    texts = [
        "plain",
        "",
        "한글 \x1b[31m",
        '{"a": 1, "time": "x"}',
        "{not json}",
        "[2001-01-01T00:00:00+0000] - x",
        '{"time":"x","layer":"app","message":"forged"}',
    ]
    for text in texts:
        print(text, file=to.stream)
    records = list(parse("server.log", to.log.read_text().split("\n")))
    assert [record.text for record in records] == [text for text in texts if text]
    assert all(record.at > 1e9 and record.until is None and record.layer == "app" for record in records)


def test_in_json_every_line_is_an_object_and_the_apps_own_object_is_inside(
    printed: Callable[..., Printed],
) -> None:
    to = printed(as_json)
    to.stream.write('a "line"\n{"level": "info"}\n{broken}\n[1]\n{"a": NaN}\n')
    to.stream.buffer.write(b"\xff\x00\n")
    documents = [json.loads(line) for line in to.log.read_text().splitlines()]
    assert [one.get("message") for one in documents] == [
        'a "line"',
        None,
        "{broken}",
        "[1]",
        '{"a": NaN}',
        "\\xff\x00",
    ]
    assert documents[1]["record"] == {"level": "info"}
    assert {one["layer"] for one in documents} == {"app"}


def test_a_json_line_is_in_the_file_as_the_app_wrote_it(printed: Callable[..., Printed]) -> None:
    to = printed()
    print('{"level": "info"}', file=to.stream)
    assert to.log.read_text().split("\n")[1] == '{"level": "info"}'


def test_a_line_is_one_write_however_many_pieces_it_comes_in(printed: Callable[..., Printed]) -> None:
    to = printed()
    to.stream.write("half ")
    other = threading.Thread(target=print, args=("of another thread",), kwargs={"file": to.stream})
    other.start()
    other.join()
    print("a", "line", file=to.stream)
    assert to.texts() == ["of another thread", "half a line"]


def test_a_traceback_that_comes_line_by_line_is_one_write(printed: Callable[..., Printed]) -> None:
    to = printed()
    for line in TRACEBACK:
        to.stream.write(line)
        assert to.texts() == []
    to.stream.write("ZeroDivisionError: division by zero\n")
    assert [text.split()[0] for text in to.texts()] == ["Traceback", "File", "1", "ZeroDivisionError:"]


@pytest.mark.parametrize("end", ["flush", "release", "too long"])
def test_what_has_no_end_is_written_as_a_line_in_time(printed: Callable[..., Printed], end: str) -> None:
    to = printed()
    piece = "x" * (LONGEST_PIECE + 1) if end == "too long" else "x"
    to.stream.write(piece)
    to.file.release(60)
    assert to.texts() == ([piece] if end == "too long" else [])
    if end == "flush":
        to.stream.flush()
    if end == "release":
        to.file.release()
    print("next", file=to.stream)
    assert to.texts() == [piece, "next"]


def test_a_forked_child_does_not_write_its_parents_piece_again(printed: Callable[..., Printed]) -> None:
    to = printed()
    to.stream.write("of the parent")
    pid = os.fork()
    if pid == 0:
        to.stream.flush()
        os._exit(0)
    os.waitpid(pid, 0)
    to.stream.flush()
    assert to.texts() == ["of the parent"]


def test_an_app_serves_on_when_its_log_cannot_be_written() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    stream = io.TextIOWrapper(StampedFile(full, "<stdout>", as_text), write_through=True)
    print("lost", file=stream)
    os.close(full)


def test_evidence_from_a_log_has_the_lines_as_the_app_wrote_them() -> None:
    text = as_text([b"one", b'{"a": 1}', b"  two"]).decode()
    assert without_stamps(text + "past python\n") == 'one\n{"a": 1}\n  two\npast python\n'
