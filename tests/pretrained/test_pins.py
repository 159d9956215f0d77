"""The pinned files of the pretrained models."""

import re
import runpy
import sys

import pytest

from course_attn.files import FileUnavailable
from course_attn.pretrained.pins import MODEL_FILES

FILES = [file for files in MODEL_FILES.values() for file in files]


def test_every_file_is_pinned_to_one_version_and_one_hash():
    for file in FILES:
        assert file.kind == "wheel"
        assert re.fullmatch(r"\d+\.\d+\.\d+|20\d{6}", file.version)
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    assert len({file.sha256 for file in FILES}) == len(FILES) == len({file.path for file in FILES})


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["pretrained", *arguments])
    runpy.run_module("course_attn.pretrained", run_name="__main__")


def test_a_file_cut_short_in_the_cache_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_ATTN_CACHE", str(tmp_path))
    for file in MODEL_FILES["minilm"]:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        file.path.write_bytes(b"half")
    with pytest.raises(SystemExit, match="not the pinned one \\(altered or cut short\\)"):
        run(monkeypatch, "minilm")


def test_the_command_names_the_models_it_knows(monkeypatch):
    with pytest.raises(SystemExit, match="unknown model 'bert': the models are minilm, dinov2, smollm2, whisper"):
        run(monkeypatch, "minilm", "bert")


def test_the_command_fetches_only_what_it_was_asked_for(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("course_attn.files.fetch_all", asked.extend)
    run(monkeypatch, "whisper", "dinov2")
    assert asked == [*MODEL_FILES["whisper"], *MODEL_FILES["dinov2"]]
    assert capsys.readouterr().out.startswith("the weights of whisper, dinov2 are in ")
    asked.clear()
    run(monkeypatch)
    assert asked == FILES


def test_no_network(monkeypatch):
    def offline(files):
        raise FileUnavailable("no network")

    monkeypatch.setattr("course_attn.files.fetch_all", offline)
    with pytest.raises(SystemExit, match="no network"):
        run(monkeypatch)
