"""Samples of the running stack."""
