"""What is asked of a server while it is measured, one module for each kind."""
