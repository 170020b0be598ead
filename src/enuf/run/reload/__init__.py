"""The state machine of generations and the steps of a reload."""
