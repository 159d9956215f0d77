"""The comparison of a notebook's figures: the last bit of rounding passes, another figure fails."""

import base64
import os
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

from tools.figures import LEVELS, same_figure, with_figures_of

ROOT = Path(__file__).parents[2]


def png(pixels):
    stream = BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_same_figure():
    pixels = np.full((6, 5, 4), 100)
    changed = pixels.copy()
    changed[2, 3, 1] += LEVELS
    assert same_figure(png(pixels), png(changed))
    changed[2, 3, 1] += 1
    assert not same_figure(png(pixels), png(changed))
    assert not same_figure(png(pixels), png(pixels[:5]))


def test_only_figures_that_show_the_same_are_exchanged():
    old, near, other = (
        {"data": {"image/png": png(np.full((2, 2, 3), grey)), "text/plain": text}}
        for grey, text in ((9, "old"), (10, "new"), (90, "new"))
    )
    stored = with_figures_of([near], [old])
    assert stored == [{"data": {"image/png": near["data"]["image/png"], "text/plain": "old"}}]
    assert with_figures_of([other], [old]) == [old]
    assert with_figures_of([near, near], [old]) == [old]
    text = {"output_type": "stream", "text": "9"}
    assert with_figures_of([near], [text]) == [text]


@pytest.mark.parametrize(("by", "passes"), [(LEVELS, True), (40, False)])
def test_nbval_with_a_figure_that_differs(tmp_path, by, passes):
    source = (
        "import base64\nfrom IPython.display import Image, display\n"
        f"display(Image(base64.b64decode({png(np.full((8, 8, 3), 100))!r})))"
    )
    output = nbformat.v4.new_output(
        "display_data",
        {"image/png": png(np.full((8, 8, 3), 100 + by)), "text/plain": "<IPython.core.display.Image object>"},
    )
    cell = nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1)
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, tmp_path / "page.ipynb")
    for name in ("conftest.py", "requirements.txt"):
        shutil.copy(ROOT / name, tmp_path)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--nbval",
        "--nbval-current-env",
        "page.ipynb",
    ]
    done = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True
    )
    assert ("1 passed" if passes else "1 failed") in done.stdout, done.stdout + done.stderr
    assert passes or "mismatch 'image/png'" in done.stdout


def test_matplotlib_finds_its_folder_before_a_kernel_starts(tmp_path):
    """Where the home folder cannot be written to, Matplotlib says so: not in a cell, where it would be compared."""
    code = "import os, subprocess, sys\nfrom tools.figures import settle_matplotlib\nsettle_matplotlib()\n"
    code += (
        "done = subprocess.run([sys.executable, '-c', 'import matplotlib.pyplot'], capture_output=True, text=True)\n"
    )
    code += "print(done.returncode, repr(done.stderr), os.path.isdir(os.environ['MPLCONFIGDIR']))"
    unset = ("MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    (tmp_path / "file").touch()
    home = {"HOME": str(tmp_path / "file"), "PYTHONPATH": str(ROOT)}  # the mode of a folder would not stop root
    environment = {name: value for name, value in os.environ.items() if name not in unset} | home
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.stdout == "0 '' True\n", done.stderr
    assert "matplotlib" in done.stderr.lower()
