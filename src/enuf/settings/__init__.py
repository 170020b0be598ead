"""The user's settings: one schema, read from flags, environment and files, every value with its origin."""
