"""Lets `pytest exercises/chNN_topic/NAME.py` run the checks of an exercise."""

import pytest

from course_attn.grading import pytest_plugin


def pytest_configure(config: pytest.Config) -> None:
    """Register the course's plugin, for these folders only when they are named."""
    config.pluginmanager.register(pytest_plugin, "course_attn_exercises")
