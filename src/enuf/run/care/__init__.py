"""What the supervisor does while the stack serves: rotation, time limits, missing files."""
