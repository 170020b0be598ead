"""The terminal's view of a running stack."""
