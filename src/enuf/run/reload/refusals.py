"""The errors that a reload is refused with."""

from __future__ import annotations

from enuf.errors import EnufError, NotReady

MOST_LINES = 100
"""Of the evidence in the log: its last lines, which say what went wrong."""


def as_refusal(error: Exception) -> EnufError:
    """What went wrong, in the form in which everything is refused."""
    if isinstance(error, EnufError):
        return error
    if isinstance(error, OSError):
        return NotReady(
            f"the system refuses: {error}", "free disk space, memory or descriptors, then try again"
        )
    return EnufError(f"a bug in enuf: {type(error).__name__}: {error}", "the traceback is in enuf.log")


def reload_refusal(problem: EnufError) -> NotReady:
    """The same problem, as the answer to somebody who asked for a reload."""
    hint = problem.hint or "what ran before still serves"
    return NotReady(
        f"reload refused, the old version still serves: {problem.summary}",
        hint,
        detail=problem.detail,
        slug=problem.slug,
    )


def format_refusal(error: EnufError) -> str:
    """The same problem in our log: its evidence, a traceback of the app or the end of a log, is indented below."""
    evidence = error.detail.splitlines()[-MOST_LINES:]
    return "\n".join([f"reload refused: {error.summary}", *(f"  {line}" for line in evidence)])
