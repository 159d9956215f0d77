"""Marking: what was handed in (`submissions`), what a teacher should look at (`policy`), points (`marks`),
many at once (`batch`), what is shown meanwhile (`live`), and what is written down (`reports`).
"""
