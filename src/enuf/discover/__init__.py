"""Discovery of the app, its Python, the servers, and configuration left by another server setup."""
