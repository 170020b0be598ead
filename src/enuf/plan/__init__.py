"""The plan, computed from app, settings and tools: pure functions."""
