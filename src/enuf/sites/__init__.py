"""The installed sites of a host: a report about each, and why one does not serve."""
