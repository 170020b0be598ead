"""The smallest wrappers around the operating system: effects without policy."""
