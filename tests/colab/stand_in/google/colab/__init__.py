"""Stands in for Colab's own package, which exists nowhere else: the two parts that the course and its figures call."""

from google.colab import files, output

__all__ = ["files", "output"]
