"""What a learner reads."""

from course_attn.grading import catalogue, report, runner

EXERCISE = catalogue.find("scaled_dot_scores")


def text_for(function):
    return report.as_text(runner.run(EXERCISE, function))


def test_passed():
    text = text_for(lambda query, key: query @ key.mT / query.shape[-1] ** 0.5)
    assert text == "scaled_dot_scores: passed, all 5 checks."


def test_not_attempted_is_one_line():
    def answer(query, key):
        raise NotImplementedError

    assert text_for(answer) == report.not_attempted("scaled_dot_scores")
    assert "\n" not in text_for(answer)


def test_failure_whole():
    def answer(query, key):
        return query @ key.mT

    number = answer.__code__.co_firstlineno + 1
    assert text_for(answer) == "\n".join(
        [
            "scaled_dot_scores: 0 of 5 checks passed.",
            "Failed: Two queries, three keys of width 4, worked by hand.",
            f"  line {number}: return query @ key.mT",
            "  This is what you get when the scores are not divided by √d.",
            "  6 of 6 numbers differ, first scores[0, 0]",
            "    expected [2.0000, 2.5000, 3.0000]",
            "    got      [4.0000, 5.0000, 6.0000]",
            "Stuck? course-attn hint scaled_dot_scores",
        ]
    )


def test_the_same_twice():
    assert text_for(lambda query, key: query) == text_for(lambda query, key: query)


def test_printed_lines_are_shown_and_counted():
    def answer(query, key):
        for number in range(30):
            print("step", number)
        return query @ key.mT

    lines = text_for(answer).splitlines()
    start = lines.index("It printed:")
    assert lines[start + 1 : start + 4] == ["  step 0", "  step 1", "  ... and 28 more"]
    assert len(lines) <= report.MAX_LINES


def test_never_more_than_twelve_lines():
    failure = runner.Outcome("a check", "failed", "\n".join(["long " * 60] * 20), "line 3: return x")
    lines = report.failure_lines(failure, "printed\n" * 20)
    assert lines[1] == "  line 3: return x"
    assert len(lines) <= report.MAX_LINES - 2
    assert "  ..." in lines
    assert max(len(line) for line in lines) <= report.WIDTH
    assert len(report.unusable("name", "line\n" * 50).splitlines()) <= report.MAX_LINES
