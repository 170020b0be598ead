"""The doctor: mistakes in an nginx site, a uWSGI configuration, their units and the app, from files alone."""
