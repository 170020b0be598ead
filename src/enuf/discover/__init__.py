"""What is there to work with: the app, the Python that runs it, and the settings of an earlier life."""
