"""What the user said: one schema, read from flags, environment and files, every value with its origin."""
