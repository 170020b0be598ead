"""Files recognised, parsed and assembled into evidence."""
