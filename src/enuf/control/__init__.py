"""The client of a running stack: find the stack, ask its supervisor, stop the stack."""
