"""Configuration languages as trees, built, printed and read without opening any file."""
