"""Generators of requests, and clients that behave badly on purpose."""
