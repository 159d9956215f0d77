"""Marking: what was handed in (`submissions`, read with `reading`, `notebooks`, `magics` and `program`), what a
teacher should look at (`policy`), points (`marks`), many at once (`batch`), what is shown meanwhile (`live`), and
what is written down (`reports`).
"""
