"""enuf: embedded nginx + uWSGI + Flask."""

__version__ = "0.1.0"
