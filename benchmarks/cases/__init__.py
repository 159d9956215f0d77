"""The comparisons, a module for each part of the course; each module has ``cases()``."""
