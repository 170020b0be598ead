"""The care of a serving stack: log rotation, hung requests, missing files, the dashboard."""
