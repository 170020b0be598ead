"""Facts derived from evidence, shared by rules."""
