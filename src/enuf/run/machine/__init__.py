"""The pure state machine that decides what happens to the units of a stack."""
