"""Readers of what servers and the kernel report: statistics, stacks, logs, queues."""
