"""App servers. One module each returns its differences as data."""
