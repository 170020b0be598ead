"""Measuring: a load with known numbers."""
