"""The running stack: a pure machine decides, a supervisor obeys."""
