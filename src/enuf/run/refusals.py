"""The errors that a reload is refused with."""

from __future__ import annotations

from enuf.errors import EnufError, NotReady


def as_refusal(error: EnufError | OSError) -> EnufError:
    """What the system refused, in the form in which everything is refused."""
    return (
        error
        if isinstance(error, EnufError)
        else NotReady(
            f"the system refuses: {error}", "free disk space, memory or descriptors, then try again"
        )
    )


def reload_refusal(problem: EnufError) -> NotReady:
    """The same problem, as the answer to somebody who asked for a reload."""
    hint = problem.hint or "what ran before still serves"
    return NotReady(
        f"reload refused, the old version still serves: {problem.summary}",
        hint,
        detail=problem.detail,
        slug=problem.slug,
    )
