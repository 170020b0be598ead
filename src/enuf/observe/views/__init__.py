"""Samples made into advice, metrics and answers of the dashboard."""
