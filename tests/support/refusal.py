"""The form of every refusal of the command line."""

from __future__ import annotations

from tests.support.command_line import Printed
from tests.support.stack import Finished, Stack


def assert_refused(done: Finished | Printed, code: int, *words: str) -> tuple[str, str]:
    """Assert the exit status, one `error:` line, one `hint:` line after it, and these words in them. Return the two texts."""
    assert done.code == code, done
    lines = done.err.splitlines()
    errors = [number for number, line in enumerate(lines) if line.startswith("error: ")]
    hints = [number for number, line in enumerate(lines) if line.startswith("hint: ")]
    assert len(errors) == 1 and hints == [errors[0] + 1], done
    error, hint = lines[errors[0]].removeprefix("error: "), lines[hints[0]].removeprefix("hint: ")
    assert hint.strip(), done
    assert "bug" not in error, done
    for word in words:
        assert word in error + hint, f"{word!r} is not in {done}"
    return error, hint


def refused_up(stack: Stack, code: int, *words: str, flags: tuple[str, ...] = ()) -> Finished:
    """Assert that `enuf up -d` is refused and leaves no process. Return the command's output."""
    listen = () if any("listen" in flag for flag in flags) else ("--listen", "127.0.0.1:0")
    done = stack.run("up", "-d", *listen, *flags)
    assert_refused(done, code, *words)
    if "--json" not in flags:
        assert done.out == "", done
    assert not stack.processes(), f"left running: {stack.processes()}"
    return done
