"""The sections of the settings, one module each: names, types, defaults, bounds, descriptions and flags."""
