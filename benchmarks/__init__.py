"""Measurements: each module is a command that writes what it measured to ``book/results`` or prints a table."""
