"""Files recognised and parsed into evidence."""
