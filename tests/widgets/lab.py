"""A JupyterLab of its own: on 127.0.0.1, with a temporary home, no settings or extensions of the user's, no network."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

TOKEN = "only-for-this-test"
STARTED = re.compile(r"http://127\.0\.0\.1:\d+/")
# It would ask for news and for newer versions of itself, which are not on this machine.
QUIET = {
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "checkForNews": False},
    # Cells outside the window are drawn too: a test scrolls faster than a person.
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def write_notebook(path: Path, names: list[str]) -> None:
    """A notebook that shows these figures of ``figures.py``, a heading before each and text behind it."""
    cells = [new_markdown_cell("# Figures\n\nA heading above: Lab walks by headings with the arrow keys as well.")]
    for name in names:
        cells.append(new_markdown_cell(f"## {name}"))
        cells.append(new_code_cell(f'from figures import MAKERS\n\nMAKERS["{name}"]()'))
        cells.append(new_markdown_cell("Text behind the figure."))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


@contextmanager
def running_lab(home: Path, work: Path) -> Iterator[str]:
    """Start JupyterLab in the folder ``work``; gives its address, ending in a slash."""
    for plugin, settings in QUIET.items():
        file = home / "settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(settings), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON"))}
    here = Path(__file__).parent
    environment |= {"HOME": str(home), "PYTHONNOUSERSITE": "1", "IPYTHONDIR": str(home / "ipython")}
    environment |= {"PYTHONPATH": f"{here}{os.pathsep}{here.parents[1]}", "OMP_NUM_THREADS": "1"}
    environment |= {f"JUPYTER_{name.upper()}_DIR": str(home / name) for name in ("config", "data", "runtime")}
    environment |= {f"JUPYTERLAB_{name.upper()}_DIR": str(home / name) for name in ("settings", "workspaces")}
    options = ["--ip=127.0.0.1", "--port=0", "--no-browser", "--allow-root", f"--IdentityProvider.token={TOKEN}"]
    options += ["--LabApp.extension_manager=readonly", "--LabApp.news_url=None"]
    options += ["--LabApp.expose_app_in_browser=True"]  # as window.jupyterapp, to give commands by name
    options += ["--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = home / "log"
    with log.open("w", encoding="utf-8") as said:
        command = [sys.executable, "-m", "jupyterlab", *options]
        lab = subprocess.Popen(command, cwd=work, env=environment, stdout=said, stderr=said)
        try:
            yield _address(lab, log)
        finally:
            lab.terminate()  # it ends its kernels too
            try:
                lab.wait(timeout=30)
            except subprocess.TimeoutExpired:
                lab.kill()
                lab.wait()


def _address(lab: subprocess.Popen, log: Path) -> str:
    end = time.monotonic() + 90
    while not (found := STARTED.search(log.read_text(encoding="utf-8"))):
        if lab.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-2000:]}")
        time.sleep(0.1)
    return found[0]
