"""The plan's files, written where they can be read and run."""
