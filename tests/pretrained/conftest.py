"""Tests with the real weights run where these are in the cache; with CI=true they must be had."""

import os
from pathlib import Path

import pytest
from safetensors.torch import load_file

from course_attn.pretrained.pins import MODEL_FILES

WITH_VOCABULARY = ("minilm", "smollm2", "whisper")


@pytest.fixture(scope="session")
def real_weights():
    """Call it with a model's name: it skips, with the reason, if the weights or their reader are not here."""

    def need(name):
        if os.environ.get("CI") == "true":
            return  # whatever is missing is an error
        if not all(file.path.exists() for file in MODEL_FILES[name]):
            pytest.skip(f"the weights are not in the cache: python -m course_attn.pretrained {name}")
        if name in WITH_VOCABULARY:
            pytest.importorskip("tokenizers", reason="tokenizers, which reads the vocabulary, is not installed")

    return need


@pytest.fixture(scope="session")
def golden():
    """Stored outputs of another library; the file's metadata says which, and from what."""
    return lambda name: load_file(Path(__file__).parents[1] / "golden" / f"{name}.safetensors")
