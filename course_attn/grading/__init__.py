"""Checking of exercises: the same checks in a notebook cell, on the command line and under pytest.

`check` is what a learner calls. `catalogue` knows the exercises, `student` stands between a check and the
learner's function, `explain` turns exceptions into help, `diagnosis` names mistakes, `runner` runs the
checks, `report` writes what the learner reads.
"""

from course_attn.grading.notebook import check

__all__ = ["check"]
