"""The catalogue: what is known of each exercise, and what happens with a name that is not one."""

import pytest

from course_attn.grading import catalogue


def test_exercises_come_in_the_order_of_the_course():
    found = list(catalogue.exercises().values())
    places = [(exercise.chapter, exercise.order) for exercise in found]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


def test_facts_are_one_line():
    facts = catalogue.find("scaled_dot_scores").facts
    assert facts == "Implement · 10 minutes · difficulty 1 of 3 · 2 points"


def test_parameters_are_read_from_the_stub_not_from_the_learners_file():
    assert catalogue.find("soft_lookup").parameters == ["query", "key", "value", "mask"]
    assert "stubs" in str(catalogue.STUBS)


def test_an_exercise_may_ask_for_a_class(class_exercise):
    assert class_exercise.answer == "TinyAttention"
    assert class_exercise.parameters == ["d_model"]


def test_the_answer_to_most_is_a_function_of_the_same_name():
    assert catalogue.find("soft_lookup").answer == "soft_lookup"
    assert catalogue.find("soft_lookup").imports == []


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("scaled_dot_score", "did you mean scaled_dot_scores?"),
        ("maskedsoftmax", "did you mean masked_softmax?"),
        ("qqqqqq", "course-attn list shows them all"),
        ("", "course-attn list shows them all"),
        (None, "course-attn list shows them all"),
    ],
)
def test_unknown_name_suggests_the_nearest(name, advice):
    with pytest.raises(ValueError, match="check: NAME must be the name of an exercise") as caught:
        catalogue.find(name)
    assert advice in str(caught.value)
