"""Collectors of single topics, a module each with TOPIC."""
