"""The running stack: a pure machine that decides, and a supervisor that performs."""
