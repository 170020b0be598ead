"""Looking at a running stack from outside."""
