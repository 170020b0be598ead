"""Lines for a reader that is slow, stopped or gone."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from enuf.system.patient_output import MOST_WAITING_BYTES, PatientOutput

Ends = tuple[int, int, Callable[[int], bytes]]


@pytest.fixture(params=["pipe", "socket"])
def ends(request: pytest.FixtureRequest) -> Iterator[Ends]:
    """A descriptor to write to, one to close, and what reads so many bytes; a socket cannot be opened anew."""
    if request.param == "pipe":
        read_end, write_end = os.pipe()
        yield write_end, read_end, lambda count: os.read(read_end, count)
    else:
        ours, theirs = socket.socketpair()
        read_end, write_end = theirs.detach(), ours.detach()
        yield write_end, read_end, lambda count: os.read(read_end, count)
    os.close(write_end)
    if Path(f"/proc/self/fd/{read_end}").is_symlink():
        os.close(read_end)


def test_a_reader_that_does_not_read_is_not_waited_for_and_gets_all_lines_later(ends: Ends) -> None:
    write_end, _, read = ends
    output = PatientOutput(write_end)
    written = 0
    while not output.is_full:
        output.write("x" * 9999 + "\n")
        written += 10_000
    assert written >= MOST_WAITING_BYTES
    assert os.get_blocking(write_end), "the descriptor is the shell's too"
    seen = b""
    while len(seen) < written:
        seen += read(65536)
        output.flush()
    assert seen == (b"x" * 9999 + b"\n") * (written // 10_000)
    assert output.flush()
    output.close()


def test_a_reader_that_is_gone_is_noticed_once(ends: Ends) -> None:
    write_end, read_end, _ = ends
    os.close(read_end)
    output = PatientOutput(write_end)
    output.write("a line\n")
    output.write("another\n")
    assert output.is_broken and not output.is_full
    output.close()


def test_a_file_gets_every_line(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb+") as file:
        output = PatientOutput(file.fileno())
        output.write("x" * MOST_WAITING_BYTES + "\n")
        assert not output.is_full
        assert os.fstat(file.fileno()).st_size == MOST_WAITING_BYTES + 1
        output.close()
