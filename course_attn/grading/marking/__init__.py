"""Marking: what was handed in (`submissions`), what a teacher should look at (`policy`), points (`marks`),
many at once (`batch`), and what is written down (`reports`).
"""
