"""A zygote for the tests of marking, in the best tier there is."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for gradescope_fields.py

from course_attn.grading.marking import batch
from course_attn.grading.marking.marks import Terms
from course_attn.grading.sandbox import isolation


@pytest.fixture(scope="package")
def tier():
    if not isolation.can("B"):
        pytest.skip("this machine cannot give marks: it has neither tier A nor B")
    yield isolation.choose("B").tier
    batch.close_all()


@pytest.fixture
def terms(tier):
    return Terms(("scaled_dot_scores", "predict_output"), tier, tier, "a secret", 5.0)
