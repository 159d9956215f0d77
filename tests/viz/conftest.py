"""Figures are drawn off screen, and each test must leave matplotlib as it found it."""

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pytest


@pytest.fixture(autouse=True)
def clean_matplotlib():
    before = dict(matplotlib.rcParams)
    yield
    plt.close("all")
    assert dict(matplotlib.rcParams) == before, "drawing must not change matplotlib's settings"


@pytest.fixture
def ax():
    return plt.figure().add_subplot()
