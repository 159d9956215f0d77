"""Files of a submission: each for itself, and never more than an answer needs."""

import os
import zipfile

import pytest

from course_attn.grading.marking import reading


def read(path):
    problems, remarks = {}, []
    files = reading.Files(problems.__setitem__, remarks.append)
    return dict(files.of(path)), problems, remarks


def zipped(path, entries, packing=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", packing) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


def test_a_damaged_entry_does_not_hide_those_after_it(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.py": "damaged", "b.py": "x = 1"}, zipfile.ZIP_STORED)
    path.write_bytes(path.read_bytes().replace(b"damaged", b"DAMAGED"))
    assert read(path) == ({"b.py": b"x = 1"}, {"a.py": "cannot be read: BadZipFile: Bad CRC-32 for file 'a.py'"}, [])


def test_a_stream_that_ends_early_is_one_files_problem(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.py": "x = 1\n" * 999, "b.py": "y"})
    data = bytearray(path.read_bytes())
    data[40:50] = b"\xff" * 10
    path.write_bytes(data)
    found, problems, _ = read(path)
    assert set(found) == {"b.py"}
    assert problems["a.py"].startswith("cannot be read: ")


def test_other_packings_are_refused(tmp_path):
    path = zipped(tmp_path / "x.zip", {"a.py": "x"}, zipfile.ZIP_LZMA)
    assert read(path) == ({}, {"a.py": "is packed in a way that is not read: make a plain zip"}, [])


def test_capitals_in_an_ending_do_not_matter(tmp_path):
    assert read(zipped(tmp_path / "stu.ZIP", {"A.PY": "x", "B.IpyNB": "y"}))[0] == {"A.PY": b"x", "B.IpyNB": b"y"}
    (tmp_path / "C.PY").write_text("z")
    assert read(tmp_path / "C.PY")[0] == {"C.PY": b"z"}


def test_a_zip_in_a_folder_is_read_but_not_one_in_a_zip(tmp_path):
    (tmp_path / "ann").mkdir()
    zipped(tmp_path / "ann" / "submission.zip", {"a.py": "x", "b.zip": "PK"})
    (tmp_path / "ann" / "broken.zip").write_bytes(b"PK")
    found, problems, _ = read(tmp_path / "ann")
    assert found == {"a.py": b"x"}
    assert problems == {"broken.zip": "cannot be read: BadZipFile: File is not a zip file"}


def test_folders_that_hold_no_answers_are_not_entered(tmp_path, monkeypatch):
    for name in (".venv", "node_modules", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.py").write_text(name)
    entered = []
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: entered.append(os.path.basename(path)) or real(path))
    assert read(tmp_path)[0] == {"a/x.py": b"a"}
    assert entered == [tmp_path.name, "a"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "x.py")
    assert read(tmp_path / "x.py") == ({}, {"x.py": reading.NO_ENTRY}, [])
    assert read(tmp_path)[0] == {}


def test_a_file_that_may_not_be_read_is_its_own_problem(tmp_path, monkeypatch):
    (tmp_path / "a.py").write_text("x")
    (tmp_path / "b.py").write_text("y")
    real = reading.Path.open

    def opened(path, mode):
        if path.name == "a.py":
            raise PermissionError(13, "Permission denied")
        return real(path, mode)

    monkeypatch.setattr(reading.Path, "open", opened)
    found, problems, _ = read(tmp_path)
    assert found == {"b.py": b"y"}
    assert problems == {"a.py": "cannot be read: PermissionError: [Errno 13] Permission denied"}


@pytest.mark.parametrize(("limit", "value"), [("MAX_READ", 2_500), ("MAX_FILES", 2)])
@pytest.mark.parametrize("kind", ["zip", "folder"])
def test_reading_is_bounded(tmp_path, monkeypatch, limit, value, kind):
    monkeypatch.setattr(reading, limit, value)
    texts = {f"{n}.py": "x" * 1_000 for n in range(5)}
    path = tmp_path / "ann"
    if kind == "zip":
        path = zipped(tmp_path / "ann.zip", texts)
    else:
        path.mkdir()
        for name, text in texts.items():
            (path / name).write_text(text)
    found, problems, remarks = read(path)
    assert len(found) == 2
    if limit == "MAX_FILES":
        assert (problems, remarks) == ({}, ["only the first 2 files were read"])
    else:
        assert "the rest was not read" in problems[path.name]


def test_a_zip_larger_than_any_answer_is_not_opened(tmp_path, monkeypatch):
    path = zipped(tmp_path / "x.zip", {"a.py": "x"})
    monkeypatch.setattr(reading, "MAX_ZIP", 100)
    assert read(path)[:2] == ({}, {"x.zip": "is larger than 0 MB"})
