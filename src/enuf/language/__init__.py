"""The language of what people read on the terminal: English, or Korean from a gettext catalogue."""
