"""The messages of enuf, collected from its source, and the catalogue of their translations."""
