"""Files that are whole: written beside their place and put there, or not at all."""

import os
import stat
from pathlib import Path

import pytest

from course_attn._whole import write_whole


@pytest.fixture
def path(tmp_path):
    (tmp_path / "kept.txt").write_text("old")
    return tmp_path / "kept.txt"


def test_text_and_bytes(path):
    write_whole(path, "√d\n")
    assert path.read_bytes() == b"\xe2\x88\x9ad\n"
    write_whole(path.with_name("new"), b"\xff")
    assert path.with_name("new").read_bytes() == b"\xff"
    assert sorted(file.name for file in path.parent.iterdir()) == ["kept.txt", "new"]


@pytest.mark.parametrize("problem", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=repr)
@pytest.mark.parametrize("place", ["pathlib.Path.write_bytes", "os.replace"])
def test_the_old_file_stays_whole(path, monkeypatch, problem, place):
    write = Path.write_bytes

    def fail(*args):
        if place != "os.replace":
            write(args[0], b"hal")
        raise problem

    monkeypatch.setattr(place, fail)
    with pytest.raises(type(problem)) as raised:
        write_whole(path, "new and longer")
    assert path.read_text() == "old"
    assert [file.name for file in path.parent.iterdir()] == ["kept.txt"], "nothing half made stays"
    if isinstance(problem, OSError):
        assert str(raised.value) == f"[Errno 28] No space left on device: '{path}'"


def test_a_folder_in_its_place_and_a_folder_that_is_not_there(path):
    path.unlink()
    path.mkdir()
    for place in (path, path.parent / "gone" / "file"):
        with pytest.raises(OSError, match=f": '{place}'$"):
            write_whole(place, "new")
    assert path.is_dir()


def test_a_link_stays_a_link(path):
    link = path.with_name("link")
    link.symlink_to(path)
    write_whole(link, "new")
    assert link.is_symlink()
    assert path.read_text() == "new"


def test_what_is_no_file_is_written_to(tmp_path):
    """`--results /dev/stdout`: a terminal or a pipe must not be replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_whole(pipe, "for whoever reads")
        assert os.read(reader, 100) == b"for whoever reads"
        assert stat.S_ISFIFO(pipe.stat().st_mode)
    finally:
        os.close(reader)


def test_the_usual_rights(path):
    """Not those of a temporary file, which nobody but its owner may read."""
    write_whole(path.with_name("one"), "x")
    path.with_name("two").write_text("x")
    assert path.with_name("one").stat().st_mode == path.with_name("two").stat().st_mode
