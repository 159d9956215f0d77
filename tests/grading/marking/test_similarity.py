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


def flagged(submissions, solutions):
    results = [{"exercises": [{"name": "masked_softmax", "flags": ["old"]}]} for _ in submissions]
    similarity.flag_copies(results, submissions, solutions)
    flags = [result["exercises"][0]["flags"] for result in results]
    assert all(each[-1] == "old" for each in flags)
    return {each.name: found[:-1] for each, found in zip(submissions, flags, strict=True)}


def test_copies_of_the_solution_are_flagged_however_many_there_are():
    class_of = {f"s{number}": f"{RENAMED}\n# {number}\n" for number in range(30)}
    found = flagged(handed_in(**class_of, eve=OTHER, bad="def (", nobody=""), {"masked_softmax": SOLUTION})
    copied = [{"line": 0, "rule": "solution", "evidence": similarity.COPIED}]
    assert found == dict.fromkeys(class_of, copied) | {"eve": [], "bad": [], "nobody": []}


def test_without_the_docstring_it_is_still_a_copy_and_short_solutions_are_left_out():
    bare = SOLUTION[SOLUTION.index("import") :]
    assert flagged(handed_in(ann=bare), {"masked_softmax": SOLUTION})["ann"]
    short = "def masked_softmax():\n    return 1.0, 2.0\n"
    assert flagged(handed_in(ann=short), {"masked_softmax": short}) == {"ann": []}


def test_right_answers_of_the_repository_are_no_copies():
    for path in (ROOT / "tests" / "exercises").glob("ch*/*/right_*.py"):
        solution = ROOT / "solutions" / path.parent.parent.name / f"{path.parent.name}.py"
        submission = [Submission("ann", {path.parent.name: (path.name, path.read_text())})]
        results = [{"submission": "ann", "exercises": [{"name": path.parent.name, "flags": []}]}]
        similarity.flag_copies(results, submission, {path.parent.name: solution.read_text()})
        assert results[0]["exercises"][0]["flags"] == [], path
