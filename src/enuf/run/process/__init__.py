"""Child processes, their sockets, readiness and stopping."""
