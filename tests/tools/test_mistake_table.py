"""The page of planted mistakes: made by running them, and still what the repository holds."""

import re
from pathlib import Path

import pytest
import yaml

from course_attn.grading import catalogue
from tools import mistake_table

EXERCISES = catalogue.exercises()
PAGE = mistake_table.PAGE.read_text(encoding="utf-8")
ANEW = "run `python -m tools.mistake_table`"


def section_of(exercise):
    """What the page says of an exercise: its rows."""
    found = re.search(rf"^`{exercise.name}`: (\d+) mistakes\.$(.*?)^</details>", PAGE, re.MULTILINE | re.DOTALL)
    assert found, f"book/mistakes.md lacks {exercise.name}: {ANEW}"
    rows = [re.split(r"(?<!\\) \| ", line.strip("| ")) for line in found[2].splitlines() if line.startswith("|")]
    return int(found[1]), rows[2:]


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda exercise: exercise.name)
def test_the_page_lists_what_is_planted_now(exercise):
    folder = mistake_table.PLANTED / exercise.chapter / exercise.name
    wanted = [mistake_table._cell(mistake_table.message_of(path)) for path in sorted(folder.glob("mistake_*.py"))]
    number, rows = section_of(exercise)
    assert [row[1] for row in rows] == wanted, ANEW
    stems = [path.stem.removeprefix("mistake_").replace("_", " ") for path in sorted(folder.glob("mistake_*.py"))]
    assert [row[0] for row in rows] == stems, ANEW
    assert number == len(wanted)
    assert all(len(row) == 3 and all(row) for row in rows)


def test_the_page_has_no_exercise_too_many_and_counts_right():
    listed = re.findall(r"^`(\w+)`: (\d+) mistakes\.$", PAGE, re.MULTILINE)
    assert [name for name, _ in listed] == list(EXERCISES), ANEW
    total = sum(int(number) for _, number in listed)
    assert f"{len(EXERCISES)} exercises with {total} planted mistakes" in PAGE, ANEW


def test_the_page_is_in_the_book_and_described():
    header = yaml.safe_load(PAGE.split("---")[1])
    assert 70 <= len(header["myst"]["html_meta"]["description"]) <= 160
    assert "file: mistakes\n" in (mistake_table.ROOT / "book" / "_toc.yml").read_text(encoding="utf-8")


def test_a_section_is_what_running_it_gives():
    exercise = EXERCISES["predict_output"]
    made = mistake_table.section(exercise)
    assert made.problems == []
    assert made.right == 2
    wanted = [[row.stem, row.check] for row in made.rows]
    assert [[row[0], row[2]] for row in section_of(exercise)[1]] == wanted, ANEW


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """One exercise whose planted answers a test writes, and a page of its own."""
    monkeypatch.setattr(mistake_table, "PLANTED", tmp_path)
    monkeypatch.setattr(mistake_table, "PAGE", tmp_path / "mistakes.md")
    exercise = EXERCISES["predict_output"]
    monkeypatch.setattr(catalogue, "exercises", lambda: {exercise.name: exercise})
    folder = tmp_path / exercise.chapter / exercise.name
    folder.mkdir(parents=True)

    def write(name, message, result):
        (folder / name).write_text(f'"""{message}"""\n\n\ndef predict_output():\n    return {result}\n')

    return write


def test_main_writes_once_and_notices_changes(planted, capsys):
    planted("mistake_lists.py", "three numbers", "'no'")
    page: Path = mistake_table.PAGE
    assert mistake_table.main(["--check"]) == 1
    assert not page.exists()
    planted("mistake_lists.py", "got str 'no'", "'no'")
    assert mistake_table.main([]) == 0
    assert "| lists | got str 'no' |" in page.read_text()
    assert mistake_table.main(["--check"]) == 0
    page.write_text(page.read_text() + "\nmore\n")
    assert mistake_table.main(["--check"]) == 1
    assert "differs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "message", "result", "said"),
    [
        ("mistake_none.py", "got str 'no'", "[46, 40, 10]", "passed"),
        ("mistake_other.py", "something else", "'no'", "wanted 'something else'"),
        ("right_wrong.py", "", "'no'", "a right answer that does not pass"),
    ],
)
def test_nothing_is_written_while_an_exercise_needs_work(planted, capsys, name, message, result, said):
    planted("mistake_good.py", "got str 'no'", "'no'")
    planted(name, message, result)
    assert mistake_table.main([]) == 1
    assert said in capsys.readouterr().err
    assert not mistake_table.PAGE.exists()


def test_cells_hold_prose_without_markup():
    assert mistake_table._cell("a*b and `c*d` | $e$") == "a\\*b and `c*d` \\| \\$e\\$"
