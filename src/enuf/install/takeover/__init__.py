"""A site that somebody made by hand, read and translated, so that enuf can take its place."""
