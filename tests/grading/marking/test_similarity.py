"""Copies are found under other names; independent answers are not."""

from pathlib import Path

from course_attn.grading.marking import similarity
from course_attn.grading.marking.submissions import Submission

ROOT = Path(__file__).parents[3]
SOLUTION = (ROOT / "solutions" / "ch01_attention" / "masked_softmax.py").read_text(encoding="utf-8")
OTHER = (ROOT / "tests" / "exercises" / "ch01_attention" / "masked_softmax" / "right_by_hand.py").read_text("utf-8")
RENAMED = "# mine\n" + SOLUTION.replace("alive", "living").replace("hidden", "gone").replace("weights", "w")


def handed_in(**texts):
    return [Submission(name, {"masked_softmax": ("masked_softmax.py", text)}) for name, text in texts.items()]


def test_a_renamed_copy_is_found_and_an_independent_answer_is_not():
    found = similarity.pairs(handed_in(ann=SOLUTION, bob=RENAMED, eve=OTHER))
    assert found == [("masked_softmax", "ann", "bob", 1.0)]


def test_the_solution_is_compared_too():
    found = similarity.pairs(handed_in(bob=RENAMED, eve=OTHER), {"masked_softmax": SOLUTION})
    assert found == [("masked_softmax", "(solution)", "bob", 1.0)]


def test_what_cannot_be_read_resembles_nothing():
    assert similarity.shape("def (") == set()
    assert similarity.pairs(handed_in(ann="def (", bob="def (")) == []


def test_table():
    assert similarity.table([("a", "b", "c", 0.9)]) == "exercise,one,other,share\na,b,c,0.9\n"
