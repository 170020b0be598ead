"""The error for words of `enuf bench` that cannot be followed."""

from __future__ import annotations

from enuf.errors import EnufError


class BenchUsage(EnufError):
    """A condition or a file that was named on the command line is none; the command line reports an error of usage."""

    exit_code, slug = 2, "usage"
