"""What the machine has, and advice where it lacks something."""

import pytest

from course_attn.grading import catalogue
from course_attn.learner import doctor


@pytest.fixture
def found(folder, monkeypatch):
    """The rows by name, seen from the course folder."""

    def look():
        return {row.what: row for row in doctor.rows()}

    monkeypatch.chdir(folder.root)
    return look


def test_all_is_well(found, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path / "cache"))
    rows = found()
    assert list(rows) == ["python", "torch", "course_attn", "course folder", "watch", "keys", "cache", "isolation"]
    assert not [
        rows[name] for name in ("python", "torch", "course_attn", "course folder", "cache") if rows[name].advice
    ]
    assert rows["course folder"].found.endswith(f"0 of {len(catalogue.exercises())} passed")
    assert rows["cache"].found == f"{tmp_path / 'cache'}, not made yet"


def test_no_course_folder(found, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert "course-attn init" in found()["course folder"].advice


def test_missing_stub_and_broken_state(found, folder):
    folder.path(catalogue.find("soft_lookup")).unlink()
    assert found()["course folder"].advice == "course-attn reset soft_lookup puts its stub there"
    folder.state_path.write_text("{")
    assert "could not be understood" in found()["course folder"].advice
    assert (folder.root / ".course/state.broken-1.json").exists()


def test_polling_and_old_torch(found, monkeypatch):
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    monkeypatch.setattr(doctor.torch, "__version__", "2.7.1+cpu")
    rows = found()
    assert "looking at the files" in rows["watch"].found
    assert "torch>=2.8" in rows["torch"].advice


def test_isolation_says_whether_marks_can_be_given(found, monkeypatch):
    monkeypatch.setattr(doctor.isolation, "can", lambda tier: tier not in ("A", "B"))
    row = found()["isolation"]
    assert "not enough for marks" in row.found
    assert "bubblewrap" in row.advice
