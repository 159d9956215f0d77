"""submission.zip: sources and a manifest, never results."""

import hashlib
import json
import zipfile
from importlib import metadata

import course_attn
from course_attn.grading import catalogue
from course_attn.grading.marking import submissions
from course_attn.learner import submission


def test_sources_and_manifest(folder):
    folder.solve("soft_lookup")
    folder.write("leaky_padding", "def leaky_padding(:\n")
    folder.record(catalogue.find("soft_lookup"), True)
    path = folder.root / submission.NAME
    answers = submission.answers_in(folder)
    submission.pack(answers, path)
    with zipfile.ZipFile(path) as archive:
        places = {name: catalogue.find(name).path.as_posix() for name in ("soft_lookup", "leaky_padding")}
        assert archive.namelist() == ["manifest.json", *places.values()]
        manifest = json.loads(archive.read("manifest.json"))
        source = archive.read(places["soft_lookup"])
    assert source == (folder.root / places["soft_lookup"]).read_bytes()
    assert manifest["exercises"]["soft_lookup"] == {
        "path": places["soft_lookup"],
        "sha256": hashlib.sha256(source).hexdigest(),
    }
    assert (manifest["course_attn"], manifest["torch"]) == (course_attn.__version__, metadata.version("torch"))
    assert set(manifest) == {"format", "course_attn", "python", "torch", "exercises"}
    assert sorted(file.name for file in folder.root.iterdir()) == [".course", "exercises", "submission.zip"]


def test_the_grader_reads_it(folder):
    folder.solve("soft_lookup")
    path = folder.root / submission.NAME
    submission.pack(submission.answers_in(folder), path)
    found = submissions.read(path)
    assert list(found.answers) == ["soft_lookup"]
    assert found.problems == {}


def test_same_answers_same_bytes(folder):
    folder.solve("soft_lookup")
    packed = []
    for name in ("one.zip", "two.zip"):
        submission.pack(submission.answers_in(folder), folder.root / name)
        packed.append((folder.root / name).read_bytes())
    assert packed[0] == packed[1]


def test_summary_says_what_is_missing(folder):
    text = submission.summary({"soft_lookup": b""}, folder.root / "submission.zip")
    assert f"1 of {len(catalogue.exercises())} exercises: soft_lookup." in text
    assert "Not answered yet: scaled_dot_scores, masked_softmax," in text
    more = len(catalogue.exercises()) - 1 - submission.NAMED
    assert f" and {more} more; course-attn list shows all." in text
