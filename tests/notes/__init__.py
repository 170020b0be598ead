"""The lecture notes, command by command: what they type works, and where their own text fails, this is how."""
