"""Everything that can be wrong with what is handed in, in one class: each is told of its own, no one else suffers."""

import csv
import json
import zipfile
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from course_attn.grading.grade_command import grade
from course_attn.grading.marking import batch
from course_attn.grading.marking.magics import READ_WITH
from course_attn.grading.sandbox import isolation

ROOT = Path(__file__).parents[2]
APP = typer.Typer()
APP.command()(grade)
NAME = "scaled_dot_scores"
RIGHT = (ROOT / "solutions" / "ch01_attention" / f"{NAME}.py").read_text()
AGAIN = "def scaled_dot_scores(query, key):\n    return 7\n\n\ndef scaled_dot_scores"
TWICE = RIGHT.replace("def scaled_dot_scores", AGAIN)
CELLS = ["%matplotlib inline\n!rm -rf x\n", "%%bash\nrm -rf y\n", "def broken(:\n", "1 / 0", RIGHT, "while 1: pass"]
FULL = "2.0"


def zipped(path, entries):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)


def hand_in(folder):
    """A class in which nearly everyone had an accident."""
    (folder / "a_right.py").write_text(RIGHT)
    (folder / "not_a_zip.zip").write_bytes(b"PK\x03\x04 and then nothing")
    zipped(folder / "bomb.zip", [(f"{NAME}.py", b"\0" * 200 * 2**20)])
    zipped(folder / "many.zip", [(f"{n}/x{n}.py", "x = 1\n") for n in range(1_200)])
    zipped(folder / "traversal.zip", [(f"../../{NAME}.py", RIGHT), ("/etc/x.py", RIGHT)])
    (folder / "huge.py").write_bytes(b"#" * (2**20 + 1))
    (folder / "encoding.py").write_bytes(b"x = '\xe4\xf6'\n")
    (folder / "null.py").write_bytes(b"def scaled_dot_scores(query, key):\n    return 1\n\0")
    (folder / "no_such.py").write_text("def scaled_dot_score(query, key):\n    return query\n")
    (folder / "twice.py").write_text(TWICE)
    zipped(folder / "two_answers.zip", [(f"a/{NAME}.py", RIGHT), (f"b/{NAME}.py", RIGHT.replace("math.sqrt", ""))])
    cells = [{"cell_type": "code", "source": text} for text in CELLS]
    (folder / "notebook.ipynb").write_text(json.dumps({"cells": cells}))
    (folder / "no_notebook.ipynb").write_text("[" * 100_000)
    (folder / "signature.py").write_text("def scaled_dot_scores(query):\n    return query\n")
    (folder / "word.docx").write_bytes(b"PK\x03\x04")
    (folder / "empty").mkdir()
    (folder / "loop").symlink_to(folder / "loop")
    (folder / f"{'ж' * 126}.py").write_text(RIGHT)
    (folder / "z_right.py").write_text(RIGHT)


# Submission → points, and what its row says.
SAID = {
    "a_right": (FULL, ""),
    "not_a_zip": ("0.0", "BadZipFile"),
    "bomb": ("0.0", "is larger than 512 kB"),
    "many": ("0.0", "holds no answer to an exercise that is known"),
    "traversal": ("0.0", "points outside the zip: left out"),
    "huge": ("0.0", "huge.py is larger than 512 kB"),
    "encoding": ("0.0", "encoding.py is not UTF-8 text"),
    "null": ("0.0", "null.py holds a NUL character in line 3"),
    "no_such": ("0.0", "holds no answer to an exercise that is known"),
    "twice": (FULL, ""),
    "two_answers": ("0.0", "is answered twice, in a/scaled_dot_scores.py and b/scaled_dot_scores.py: hand in one"),
    "notebook": (FULL, ""),
    "no_notebook": ("0.0", "no_notebook.ipynb is not a notebook: RecursionError"),
    "signature": ("0.0", "must take (query, key), got (query)"),
    "word": ("0.0", "neither a .py file, a notebook, a zip nor a folder"),
    "empty": ("0.0", "holds no answer"),
    "loop": ("0.0", "neither a .py file"),
    "ж" * 100: (FULL, ""),
    "z_right": (FULL, ""),
}
REMARKS = {
    "twice": "scaled_dot_scores is defined 2 times: the last counts",
    "notebook": f"cell 3 has a syntax error in line 1: invalid syntax ({READ_WITH}), and was left out",
    "many": "only the first 1000 files were read",
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory):
    if not isolation.can("B"):
        pytest.skip("this machine cannot give marks")
    root = tmp_path_factory.mktemp("accidents")
    (root / "in").mkdir()
    hand_in(root / "in")
    arguments = [root / "in", "--each", "--exercise", NAME, "--out", root / "out", "--deadline", "20"]
    done = CliRunner().invoke(APP, [str(argument) for argument in arguments])
    batch.close_all()
    assert done.exit_code == 0, done.output
    return root, done.output


def test_no_one_is_missing(marked):
    root, output = marked
    assert {entry.stem[:100] for entry in (root / "in").iterdir()} == set(SAID)
    assert f"{len(SAID)} marked" in output
    assert {path.stem for path in (root / "out" / "results").iterdir()} == set(SAID)


@pytest.mark.parametrize("who", SAID)
def test_each_is_told_of_its_own(marked, who):
    points, said = SAID[who]
    rows = csv.DictReader((marked[0] / "out" / "grades.csv").read_text().splitlines())
    mine = [row for row in rows if row["submission"] == who]
    assert sum(float(row["score"]) for row in mine) == float(points)
    assert said in " ".join(row["problem"] for row in mine)
    if not said:
        assert {row["problem"] for row in mine} == {""}
    result = json.loads((marked[0] / "out" / "results" / f"{who}.json").read_text())
    assert REMARKS.get(who, "") in result["output"]


def test_nothing_was_unpacked_or_run(marked):
    root, _ = marked
    assert {path.name for path in root.iterdir()} == {"in", "out"}
    assert not list(root.rglob("etc"))
