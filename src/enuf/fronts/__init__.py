"""Fronts: the web servers before the app server. One module each returns its differences as data."""
