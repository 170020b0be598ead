"""Service managers: one module each, behind the protocols of `base`."""
