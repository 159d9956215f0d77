"""The course is not there for an answer, but for what its exercise lends."""

import pytest

from course_attn.grading.explain import AnswerError
from course_attn.grading.sandbox import masked
from course_attn.grading.sandbox.remote import RemoteStudent

USES_MASK = "from course_attn.masks import causal_mask\n\ndef f(x):\n    return causal_mask(x)\n"


def test_the_course_is_refused_and_noted():
    mask = masked.CourseMasked()
    with pytest.raises(ModuleNotFoundError, match=r"course_attn.masks is not there while an answer is marked"):
        mask.find_spec("course_attn.masks")
    assert mask.find_spec("torch") is None
    assert mask.refused == ["course_attn.masks"]


def lent(zygote, source, *imports):
    noted = set()
    student = RemoteStudent(zygote, source, "f.py", "f", ["x"], 20.0, imports, noted)
    return student, noted


def test_what_the_exercise_lists_can_be_imported(zygote):
    student, noted = lent(zygote, USES_MASK, "course_attn.masks")
    assert student(2).tolist() == [[True, False], [True, True]]
    assert noted == set()
    student.close()


@pytest.mark.parametrize("name", ["course_attn.scores", "course_attn._checks", "course_attn.grading.student"])
def test_the_rest_stays_away(zygote, name):
    source = f"import course_attn.masks\n\ndef f(x):\n    import {name}\n"
    student, noted = lent(zygote, source, "course_attn.masks")
    with pytest.raises(AnswerError, match="is not there while an answer is marked"):
        student(1)
    assert noted & {("refused", name), ("refused", "course_attn.grading")}
    student.close()


def test_without_a_list_nothing_is_lent(zygote):
    with pytest.raises(AnswerError, match="course_attn is not there"):
        lent(zygote, USES_MASK)


def test_what_was_tried_and_swallowed_is_noted(zygote):
    source = "def f(x):\n    try:\n        __import__('course_' + 'attn')\n    except ImportError:\n        return 7\n"
    student, noted = lent(zygote, source)
    assert student(1) == 7
    assert noted == {("refused", "course_attn")}
    student.close()
