"""Helpers that tests share: apps to serve, stacks to run, and checks that no process or file is left."""
