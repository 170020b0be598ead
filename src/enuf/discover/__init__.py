"""Discovery of what exists: the app, the Python that runs the app, the servers, and configuration of another server setup."""
