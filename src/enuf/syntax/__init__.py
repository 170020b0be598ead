"""Config languages as trees: built and printed here, nothing is opened."""
