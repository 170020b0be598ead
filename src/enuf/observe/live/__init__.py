"""Samples of a running stack."""
