"""Reading what was handed in: every kind of accident is one submission's own."""

import io
import json
import zipfile

import pytest

from course_attn.grading.marking import submissions

ANSWER = "def masked_softmax(scores, mask):\n    return scores\n"


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_file_folder_and_zip_give_the_same(tmp_path):
    folder = tmp_path / "ann" / "exercises" / "ch01_attention"
    folder.mkdir(parents=True)
    file = folder / "masked_softmax.py"
    file.write_text(ANSWER)
    archive = zipped(tmp_path / "ann.zip", **{"exercises/ch01_attention/masked_softmax.py": ANSWER})
    found = [submissions.read(path) for path in (file, tmp_path / "ann", archive)]
    assert {each.answers["masked_softmax"] for each in found} == {("masked_softmax.py", ANSWER)}
    assert len({each.digest for each in found}) == 1
    assert [each.problems for each in found] == [{}, {}, {}]


def test_functions_are_found_in_a_file_of_another_name(tmp_path):
    (tmp_path / "answers.py").write_text(ANSWER + "\n\ndef soft_lookup(q, k, v, m):\n    return q\n" + ANSWER)
    found = submissions.read(tmp_path / "answers.py")
    assert set(found.answers) == {"masked_softmax", "soft_lookup"}
    assert found.remarks == ["answers.py defines masked_softmax 2 times: the last counts"]


def test_two_answers_are_a_problem_unless_they_are_the_same(tmp_path):
    for name, text in (("a", ANSWER), ("b", ANSWER)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "masked_softmax.py").write_text(text)
    assert "masked_softmax" in submissions.read(tmp_path).answers
    (tmp_path / "b" / "masked_softmax.py").write_text(ANSWER + "#")
    found = submissions.read(tmp_path)
    assert found.answers == {}
    assert "answered twice, in masked_softmax.py and b/masked_softmax.py" in found.problems["masked_softmax"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("x.zip", b"not a zip", "cannot be read: BadZipFile"),
        ("x.pdf", b"%PDF", "neither a .py file"),
        ("masked_softmax.py", b"x = '\xff\xfe'\n", "is not UTF-8 text"),
        ("masked_softmax.py", b"# coding: no-such\n", "is not UTF-8 text"),
        ("masked_softmax.py", b"#" * (2**20 + 1), "is larger than 1 MB"),
        ("x.ipynb", b"{", "cannot be read: JSONDecodeError"),
        ("x.ipynb", b"[]", "not a notebook"),
        ("other.py", b"x = 1\n", "holds no answer"),
        ("none.py", None, "cannot be read: FileNotFoundError"),
    ],
)
def test_bad_input_is_reported(tmp_path, name, data, problem):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    found = submissions.read(tmp_path / name)
    assert found.answers == {}
    assert problem in " ".join(found.problems.values())


def test_a_bomb_is_not_blown_up(tmp_path):
    found = submissions.read(zipped(tmp_path / "bomb.zip", **{"masked_softmax.py": "\0" * 300 * 2**20}))
    assert found.problems == {"masked_softmax": "masked_softmax.py is larger than 1 MB"}


def test_names_that_leave_the_zip_are_left_out(tmp_path):
    names = ["../masked_softmax.py", "/soft_lookup.py", "C:/leaky_padding.py", "a\\..\\..\\predict_output.py"]
    found = submissions.read(
        zipped(tmp_path / "x.zip", **dict.fromkeys(names, ANSWER), **{"scaled_dot_scores.py": "x"})
    )
    assert set(found.answers) == {"scaled_dot_scores"}
    assert len(found.problems) == 4
    assert list(tmp_path.iterdir()) == [tmp_path / "x.zip"]


def test_links_and_hidden_folders_are_not_followed(tmp_path):
    (tmp_path / "secret.py").write_text(ANSWER)
    folder = tmp_path / "ann"
    (folder / ".course").mkdir(parents=True)
    (folder / ".course" / "masked_softmax.py").write_text(ANSWER)
    (folder / "masked_softmax.py").symlink_to(tmp_path / "secret.py")
    assert submissions.read(folder).answers == {}


def test_an_encrypted_entry_is_a_problem(tmp_path):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("masked_softmax.py", ANSWER)
    raw = bytearray(data.getvalue())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(raw)
    assert submissions.read(tmp_path / "x.zip").problems == {"masked_softmax.py": "masked_softmax.py is encrypted"}


def test_a_notebook(tmp_path):
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", ANSWER]}, {"cell_type": "code", "source": "1 +"}]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    found = submissions.read(tmp_path / "x.ipynb")
    assert found.answers == {"masked_softmax": ("x.ipynb", "\n".join([ANSWER.strip(), ""]))}
    assert found.remarks == ["x.ipynb: cell 2 is not valid Python and was left out"]
