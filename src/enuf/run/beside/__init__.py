"""What runs beside the web app: processes that are kept running, and commands at certain times."""
