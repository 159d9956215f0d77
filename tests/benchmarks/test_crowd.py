"""The class that never was: every kind, in its share, in every form, no two alike."""

from benchmarks import crowd
from course_attn.grading.marking import submissions


def test_shares_are_exact_and_the_order_is_the_seeds():
    order = crowd.kinds(1000)
    assert {kind: order.count(kind) for kind in crowd.SHARES} == {
        kind: 10 * share for kind, share in crowd.SHARES.items()
    }
    assert order == crowd.kinds(1000) != crowd.kinds(1000, seed=1)


def test_every_form_is_read_and_no_two_are_alike(tmp_path):
    made = crowd.write(tmp_path / "class", 100)
    assert made == crowd.SHARES
    found = [submissions.read(path) for path in sorted((tmp_path / "class").iterdir())]
    assert len(found) == 100
    assert {path.suffix for path in (tmp_path / "class").iterdir()} == {".py", "", ".zip", ".ipynb"}
    answers = [each.answers[crowd.EXERCISE] for each in found if crowd.EXERCISE in each.answers]
    defined = [text for file, text in answers if f"def {crowd.EXERCISE}" in text]  # all but what fails at loading
    assert len(set(defined)) == len(defined) >= 90
    assert {each.name.partition("_")[0] for each in found} == set(crowd.SHARES)
