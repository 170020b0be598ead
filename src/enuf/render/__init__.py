"""A plan's files in a folder of the user's, to read and to run without enuf."""
