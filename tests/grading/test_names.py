"""A function has the exercise's name, a class the same words with capitals."""

from course_attn.grading import catalogue
from course_attn.grading.names import exercise_of, spellings


def test_spellings():
    assert spellings("tiny_attention") == ("tiny_attention", "TinyAttention")


def test_the_exercise_of_a_definition():
    known = {"tiny_attention", "soft_lookup"}
    assert exercise_of("soft_lookup", known) == "soft_lookup"
    assert exercise_of("TinyAttention", known) == "tiny_attention"
    assert exercise_of("tinyAttention", known) is None


def test_no_two_exercises_share_a_spelling():
    names = [spelling for name in catalogue.exercises() for spelling in spellings(name)]
    assert len(set(names)) == len(names)
