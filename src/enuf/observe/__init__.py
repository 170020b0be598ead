"""Observation of a running stack from outside."""
