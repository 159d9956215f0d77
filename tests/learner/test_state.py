"""The state file: written whole, read whatever is in it."""

import json
import sys
import threading

import pytest

from course_attn.learner import state


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".course" / "state.json"


def test_nothing_there_is_an_empty_state(path):
    assert state.read(path) == state.State()


def test_what_is_written_is_read(path):
    written = state.State("soft_lookup", {"masked_softmax": {"time": "t", "hash": "h"}}, {"soft_lookup": 2})
    state.write(path, written)
    assert state.read(path) == state.State(written.current, written.done, written.hints, {"format": 1})
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_unknown_entries_are_kept(path):
    path.parent.mkdir()
    path.write_text('{"format": 7, "badge": [3], "done": {"gone": {"time": "t"}}, "hints": {"soft_lookup": "two"}}')
    with state.changing(path) as now:
        now.current = "soft_lookup"
        assert now.hint_level("soft_lookup") == 0
    table = json.loads(path.read_text())
    assert (table["format"], table["badge"], table["done"]) == (7, [3], {"gone": {"time": "t"}})
    assert table["current"] == "soft_lookup"


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "{}", '{"format": "1"}', '{"format": 1, "done": []}', '{"format": 1, "current": 3}', "[" * 9999],
)
def test_broken_file_is_set_aside_and_never_fatal(path, broken):
    path.parent.mkdir()
    for number in (1, 2):
        path.write_text(broken)
        found = state.read(path)
        assert found.done == {}
        assert f"it is now state.broken-{number}.json" in found.notice
        assert path.with_name(f"state.broken-{number}.json").read_text() == broken
        assert not path.exists()


def test_bytes_that_are_no_text(path):
    path.parent.mkdir()
    path.write_bytes(b"\xff\xfe\x00")
    assert "state.broken-1.json" in state.read(path).notice


def test_failed_write_leaves_the_old_file(path, monkeypatch):
    state.write(path, state.State("soft_lookup"))

    def fail(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with state.changing(path) as now:
        now.current = "masked_softmax"
    assert "cannot be saved" in now.notice
    assert "No space left" in now.notice
    assert state.read(path).current == "soft_lookup"
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_unreadable_file(path):
    path.mkdir(parents=True)
    assert "cannot be read" in state.read(path).notice


@pytest.mark.skipif(sys.platform == "win32", reason="folders are locked as POSIX does it")
def test_two_at_once_lose_nothing(path):
    """`watch` and a check in another window: the second must not read before the first has written."""
    state.write(path, state.State())

    def record(name):
        with state.changing(path) as now:
            now.done[name] = {}

    other = threading.Thread(target=record, args=("masked_softmax",))
    with state.changing(path) as now:
        other.start()
        other.join(0.2)  # long enough to write, if it does not wait
        now.done["soft_lookup"] = {}
    other.join()
    assert set(state.read(path).done) == {"masked_softmax", "soft_lookup"}
    assert [file.name for file in path.parent.iterdir()] == ["state.json"]


def test_a_state_of_a_folder_that_is_gone(path):
    path = path.parent / "gone" / "state.json"
    with state.changing(path) as now:
        now.current = "soft_lookup"
    assert now.notice == f"your progress cannot be saved in {path}: No such file or directory"
    assert not path.parent.exists()
