"""Frozen values that every other part of enuf speaks: they hold data, open nothing and decide nothing."""
