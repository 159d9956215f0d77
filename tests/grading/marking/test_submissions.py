"""Reading what was handed in: every kind of accident is one submission's own."""

import io
import json
import zipfile

import pytest

from course_attn.grading import catalogue
from course_attn.grading.marking import submissions
from course_attn.grading.marking.magics import READ_WITH

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
    assert found.remarks == ["answers.py: masked_softmax is defined 2 times: the last counts"]


def test_two_answers_are_a_problem_unless_they_are_the_same(tmp_path):
    for name, text in (("a", ANSWER), ("b", f"import math\n{ANSWER}# as before\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "masked_softmax.py").write_text(text)
    assert submissions.read(tmp_path).answers == {"masked_softmax": ("masked_softmax.py", ANSWER)}
    (tmp_path / "b" / "masked_softmax.py").write_text(ANSWER.replace("scores\n", "mask\n"))
    found = submissions.read(tmp_path)
    assert found.answers == {}
    assert "answered twice, in a/masked_softmax.py and b/masked_softmax.py" in found.problems["masked_softmax"]


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("x.zip", b"not a zip", "cannot be read: BadZipFile"),
        ("x.pdf", b"%PDF", "neither a .py file"),
        ("masked_softmax.py", b"x = '\xff\xfe'\n", "is not UTF-8 text"),
        ("masked_softmax.py", b"# coding: no-such\n", "is not UTF-8 text"),
        ("masked_softmax.py", b"#" * (2**19 + 1), "is larger than 512 kB"),
        ("x.ipynb", b"{", "x.ipynb is not a notebook: JSONDecodeError"),
        ("x.ipynb", b"[]", "x.ipynb is not a notebook: it has no list of cells"),
        ("other.py", b"x = 1\n", "holds no answer"),
        ("ann.py", b"x = 1\ndef no_exercise(:\n", "ann.py has a syntax error in line 2: invalid syntax"),
        ("ann.py", b"def masked_softmax(:\n", "ann.py has a syntax error in line 1: invalid syntax"),
        ("ann.py", b"x = 1\n\0", "ann.py holds a NUL character in line 2: save it as UTF-8 text"),
        ("masked_softmax.py", b"x = 1\n\0", "masked_softmax.py holds a NUL character in line 2"),
        ("masked_softmax.py", b"# coding: punycode\nx", "is not UTF-8 text"),
        ("masked_softmax.py", b"# coding: PUNYCODE\nx", "is not UTF-8 text"),
        ("none.py", None, "cannot be read: FileNotFoundError"),
    ],
)
def test_bad_input_is_reported(tmp_path, name, data, problem):
    if data is not None:
        (tmp_path / name).write_bytes(data)
    found = submissions.read(tmp_path / name)
    assert found.answers == {}
    assert problem in " ".join(found.problems.values())
    assert [remark for remark in found.remarks if name != "other.py"] == []


def test_a_bomb_is_not_blown_up(tmp_path):
    found = submissions.read(zipped(tmp_path / "bomb.zip", **{"masked_softmax.py": "\0" * 300 * 2**20}))
    assert found.problems == {"masked_softmax": "masked_softmax.py is larger than 512 kB"}


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
    assert submissions.read(tmp_path / "x.zip").problems == {"masked_softmax": "masked_softmax.py is encrypted"}


def test_a_notebook(tmp_path):
    cells = [{"cell_type": "code", "source": ["%matplotlib inline\n", ANSWER]}, {"cell_type": "code", "source": "1 +"}]
    (tmp_path / "x.ipynb").write_text(json.dumps({"cells": cells}))
    found = submissions.read(tmp_path / "x.ipynb")
    assert found.answers == {"masked_softmax": ("x.ipynb", "\n".join([ANSWER.strip(), ""]))}
    assert found.remarks == [
        "x.ipynb: cell 1: IPython's own lines were left out: 1",
        f"x.ipynb: cell 2 has a syntax error in line 1: invalid syntax ({READ_WITH}), and was left out",
    ]


def notebook(*cells):
    return json.dumps({"cells": [{"cell_type": "code", "source": cell} for cell in cells]})


STUB = catalogue.find("masked_softmax").stub


def test_one_bad_file_does_not_hide_the_others(tmp_path):
    (tmp_path / "a.ipynb").write_text("not json")
    (tmp_path / "b.py").write_bytes(b"masked_softmax = '\xff'")
    (tmp_path / "soft_lookup.py").write_text(ANSWER)
    found = submissions.read(tmp_path)
    assert set(found.answers) == {"soft_lookup", "masked_softmax"}
    assert found.problems["b.py"] == "b.py is not UTF-8 text"
    assert found.problems["a.ipynb"].startswith("a.ipynb is not a notebook: JSONDecodeError")


def test_a_fault_of_the_reader_itself_costs_one_file(tmp_path, monkeypatch):
    def fail(self, text, stem):
        raise KeyError("fault")

    monkeypatch.setattr(submissions.Reader, "file", fail)
    (tmp_path / "masked_softmax.py").write_text(ANSWER)
    (tmp_path / "x.ipynb").write_text(notebook(ANSWER.replace("masked_softmax", "soft_lookup")))
    found = submissions.read(tmp_path)
    assert found.problems == {"masked_softmax": "masked_softmax.py cannot be read: KeyError: 'fault'"}
    assert set(found.answers) == {"soft_lookup"}


@pytest.mark.parametrize("stub", ["masked_softmax.py", "z/ann.py", "z.ipynb"])
@pytest.mark.parametrize("answer", ["b/masked_softmax.py", "b.py", "b.ipynb"])
def test_a_stub_beside_an_answer_does_not_count(tmp_path, stub, answer):
    (tmp_path / "b").mkdir()
    (tmp_path / "z").mkdir()
    for name, text in ((stub, STUB), (answer, ANSWER)):
        (tmp_path / name).write_text(notebook(text) if name.endswith(".ipynb") else text)
    found = submissions.read(tmp_path)
    assert found.problems == {}
    assert "return scores" in found.answers["masked_softmax"][1]
    assert "raise" not in found.answers["masked_softmax"][1]


def test_stubs_alone_are_kept_so_that_they_are_told_as_such(tmp_path):
    (tmp_path / "masked_softmax.py").write_text(STUB)
    (tmp_path / "x.ipynb").write_text(notebook(STUB))
    found = submissions.read(tmp_path)
    assert found.problems == {}
    assert found.answers["masked_softmax"] == ("masked_softmax.py", STUB)


def test_two_real_answers_in_a_notebook_and_a_file_are_a_problem(tmp_path):
    (tmp_path / "masked_softmax.py").write_text(ANSWER)
    (tmp_path / "x.ipynb").write_text(notebook(ANSWER.replace("return scores", "return mask")))
    found = submissions.read(tmp_path)
    assert "is answered twice, in masked_softmax.py and x.ipynb" in found.problems["masked_softmax"]


def test_what_is_broken_is_the_exercises_problem_unless_it_is_answered_elsewhere(tmp_path):
    (tmp_path / "x.ipynb").write_text(notebook("def masked_softmax(scores:\n"))
    (tmp_path / "z.py").write_text(STUB)
    said = f"x.ipynb: cell 1 has a syntax error in line 1: '(' was never closed ({READ_WITH})"
    found = submissions.read(tmp_path)
    assert (found.answers, found.problems) == ({}, {"masked_softmax": said})
    (tmp_path / "masked_softmax.py").write_text(ANSWER)
    found = submissions.read(tmp_path)
    assert (set(found.answers), found.problems) == ({"masked_softmax"}, {"x.ipynb": said})


def test_remarks_belong_to_the_result(tmp_path):
    (tmp_path / "x.ipynb").write_text(notebook(ANSWER))
    before = submissions.read(tmp_path)
    (tmp_path / "x.ipynb").write_text(notebook(ANSWER, "%time"))
    after = submissions.read(tmp_path)
    assert before.answers == after.answers
    assert before.digest != after.digest


def test_more_python_than_anyone_writes_is_refused_without_parsing_it(tmp_path):
    lines = "a=1\n" * 100_000 + ANSWER
    found = submissions.read(zipped(tmp_path / "x.zip", **{f"{n}.py": lines for n in range(9)}, **{"z.py": "x"}))
    left = [problem for problem in found.problems.values() if "holds more than 512 kB of Python" in problem]
    assert len(left) == 8


def test_an_answer_in_a_file_of_another_exercises_name_counts_where_there_is_no_other(tmp_path):
    (tmp_path / "soft_lookup.py").write_text("def soft_lookup(): pass\ndef masked_softmax(): return 1\n")
    found = submissions.read(tmp_path)
    assert "return 1" in found.answers["masked_softmax"][1]
    (tmp_path / "masked_softmax.py").write_text("def masked_softmax(): return 2\n")
    found = submissions.read(tmp_path)
    assert "return 2" in found.answers["masked_softmax"][1]
    assert found.problems == {}


def test_a_class_below_a_function_of_the_exercises_own_name_is_not_taken_for_it(tmp_path):
    text = "def masked_softmax(): return 1\nclass MaskedSoftmax:\n    pass\n"
    (tmp_path / "ann.py").write_text(text)
    assert "return 1" in submissions.read(tmp_path / "ann.py").answers["masked_softmax"][1]
    (tmp_path / "ann.py").write_text(STUB + "class MaskedSoftmax:\n    pass\n")
    assert "class" in submissions.read(tmp_path / "ann.py").answers["masked_softmax"][1]


def test_what_would_take_an_hour_to_read_is_read_at_once(tmp_path):
    """Each of 3 000 lines that call a function of 30 000 names; each of 100 000 aliases from a long module's name."""
    names = ";".join(f"a{number}" for number in range(30_000))
    lines = "\n".join(f"x{number}=f()" for number in range(3_000))
    used = ";".join(f"x{number}" for number in range(3_000))
    (tmp_path / "circles.py").write_text(f"def f(): {names}\n{lines}\ndef masked_softmax(): {used}\n")
    assert set(submissions.read(tmp_path / "circles.py").answers) == {"masked_softmax"}
    aliases = ",".join(["a"] * 100_000)
    text = f"from {'a' * 250_000} import {aliases}\ndef masked_softmax(): return a\n"
    (tmp_path / "aliases.py").write_text(text)
    found = submissions.read(tmp_path / "aliases.py")
    assert list(found.problems.values()) == ["aliases.py is left out: it imports more names than anyone uses"]
