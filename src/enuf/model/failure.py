"""An error on its way to another process."""

from __future__ import annotations

import msgspec

from enuf.errors import EnufError, revive


class Failure(msgspec.Struct, frozen=True):
    """An EnufError as a value."""

    exit_code: int
    slug: str
    summary: str
    hint: str
    detail: str

    def error(self) -> EnufError:
        """Return the error, of its own class."""
        return revive(self.exit_code, self.slug, self.summary, self.hint, self.detail)


def failure_of(error: EnufError) -> Failure:
    """Return the error as a value."""
    return Failure(error.exit_code, error.slug, error.summary, error.hint, error.detail)
