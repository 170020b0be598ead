"""From app, settings and tools to the plan: pure."""
