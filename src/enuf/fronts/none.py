"""The absence of a front: the server itself listens at the public address."""

from __future__ import annotations

from enuf.model.topology import Wire

NAME = "none"
UNDERSTANDS: frozenset[Wire] = frozenset({"http"})
"""The wire of a browser."""
