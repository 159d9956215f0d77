"""The pretrained models live against transformers, where that is installed or among the benchmarks' peers."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.peers import folder
from course_attn.pretrained.pins import MODEL_FILES

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
# Larger numbers than vectors have: scores go past 30, Whisper's memory to 12, where float32 itself is off by 2e-4.
ALLOWED = {"scores": 1e-3, "memory": 1e-3, "frames": 1e-4, "greedy tokens": 0.0}


@pytest.mark.parametrize("name", MODEL_FILES)
def test_the_same_as_transformers(name):
    """In a process of its own: the peers bring other versions of libraries that are loaded here."""
    if find_spec("transformers") is None and not (folder() / "transformers").is_dir():
        pytest.skip("transformers is neither installed nor among the peers: python -m benchmarks.setup")
    if not all(file.path.exists() for file in MODEL_FILES[name]):
        pytest.skip(f"the weights are not in the cache: python -m course_attn.pretrained {name}")
    command = [sys.executable, "-m", "benchmarks.compare_models", name]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("model") == name
    assert len(found) >= 2
    for what, difference in found.items():
        assert difference <= ALLOWED.get(what, 1e-4), f"{what}: apart by {difference}"
