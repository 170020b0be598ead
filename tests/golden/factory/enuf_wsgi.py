"""Written by enuf: uWSGI cannot pass arguments to an app factory, so this module does."""

from factory_app import create_app

application = create_app("100%", greeting="안녕")
