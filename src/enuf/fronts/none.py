"""No front: the server itself listens where people connect."""

from __future__ import annotations

from enuf.model.topology import Wire

NAME = "none"
UNDERSTANDS: frozenset[Wire] = frozenset({"http"})
"""What a browser speaks."""
