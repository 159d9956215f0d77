"""What every test shares: one thread, fixed seeds, and Hypothesis without chance or clock."""

import os
import sys
from pathlib import Path

import hypothesis
import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))  # so that tests in subfolders find specification.py too

hypothesis.settings.register_profile("course", deadline=None, derandomize=True, max_examples=25, database=None)
hypothesis.settings.load_profile("course")


def pytest_configure(config):
    """One thread, and a refusal to test another copy of the package than the one that was asked for."""
    torch.set_num_threads(1)
    wanted = os.environ.get("COURSE_ATTN_UNDER_TEST")  # set by test_mutants.py
    if wanted:
        import course_attn

        found = Path(course_attn.__file__).resolve().parent.parent
        if found != Path(wanted).resolve():
            raise pytest.UsageError(f"course_attn must come from {wanted}, got {found}")


@pytest.fixture(autouse=True)
def fixed_seed():
    """Module initialisation draws from the global generator: give each test the same start."""
    torch.manual_seed(0)
