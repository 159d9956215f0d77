"""An environment with Colab's package versions, the course's wheel, and kernels as Colab starts them.

The packages stand in `tests/colab/environment.txt`, with the reason where one is not at Colab's version.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from course_attn.files import cache_folder

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "colab"
ENV = ROOT / ".venv-colab"
PYTHON = ENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = ENV / "made-from"
PACKAGES = (DATA / "packages.txt").read_text(encoding="utf-8").splitlines()
COLAB_PYTHON = next(word for line in PACKAGES if "Python " in line for word in re.findall(r"Python ([\d.]+)", line))
# pip and npm ask no index; what asks all the same meets a proxy that refuses. The kernel itself connects nowhere, see
# tests/colab/stand_in/colab_kernel_launcher.py.
NOWHERE = "http://127.0.0.1:9"
NO_NETWORK = {
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), NOWHERE),
    "PIP_NO_INDEX": "1",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_RETRIES": "0",
    "npm_config_offline": "true",
    "GIT_TERMINAL_PROMPT": "0",
}


class ColabError(Exception):
    """Something is not as it must be; the text says what."""


class ColabKernel(AsyncKernelManager):
    """Starts the environment's Python as Colab's own kernel file does."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The one kernel there is."""
        start = [str(PYTHON), "-m", "colab_kernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=start, display_name="Colab", language="python")


def plain(name: str) -> str:
    """A package's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def colab_versions() -> dict[str, str]:
    """Package → Colab's version; empty where its list gives none."""
    pairs = (line.partition("==") for line in PACKAGES if line and not line.startswith("#"))
    return {plain(name): version for name, _, version in pairs}


def pins() -> dict[str, tuple[str, str]]:
    """Package → version in the environment, and the reason if that is not Colab's."""
    lines = (DATA / "environment.txt").read_text(encoding="utf-8").splitlines()
    found = {}
    for line in lines:
        if line and not line.startswith("#"):
            pin, _, reason = line.partition("  # ")
            name, _, version = pin.partition("==")
            found[plain(name)] = (version, reason)
    return found


def prepare() -> bool:
    """Make the environment, or take the one that is there; whether it was made. Needs the network when it makes it.

    Raises:
        ColabError: If a package cannot be installed, or pip brought one that the list does not name.
    """
    if is_ready():
        return False
    print(f"making {ENV.name}: {len(pins())} packages, a few minutes", flush=True)
    venv.create(ENV, clear=True, with_pip=True)
    pip("install", f"pip=={pins()['pip'][0]}", index=True)
    pip("install", "--requirement", str(DATA / "environment.txt"), index=True)
    library = next(ENV.glob("**/site-packages"))
    shutil.copytree(DATA / "stand_in", library, dirs_exist_ok=True)
    about = library / "google_colab-1.0.0.dist-info"  # so that pip lists it, as in Colab
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: google-colab\nVersion: 1.0.0\n", encoding="utf-8")
    if strays := set(packages()) ^ set(pins()) ^ {"google-colab"}:
        raise ColabError(f"environment.txt must name all that is installed, and only that: {', '.join(sorted(strays))}")
    STAMP.write_text(_stamp(), encoding="utf-8")
    return True


def is_ready() -> bool:
    """Whether the environment was made from the present lists and nothing in it has changed since."""
    if not PYTHON.exists() or not STAMP.exists() or STAMP.read_text(encoding="utf-8") != _stamp():
        return False
    forget_the_course()
    here = {name: version.split("+")[0] for name, version in packages().items()}
    return here == {**{name: version for name, (version, _) in pins().items()}, "google-colab": "1.0.0"}


def _stamp() -> str:
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for path in [DATA / "environment.txt", *sorted((DATA / "stand_in").rglob("*.py"))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def pip(*words: str, index: bool = False) -> str:
    """What pip says in the environment.

    Raises:
        ColabError: If it fails; with the end of what it said.
    """
    command = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", *words]
    environment = {**os.environ, **({} if index else NO_NETWORK)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])
        raise ColabError(f"pip {' '.join(words)}:\n{said}")
    return done.stdout


def packages() -> dict[str, str]:
    """Package → version: what `pip list` shows."""
    lines = pip("list", "--format=freeze").splitlines()
    return {plain(name): version for name, _, version in (line.partition("==") for line in lines)}


def changes(before: dict[str, str], after: dict[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Package → its version before and after, where they differ; None where it is not there."""
    return {name: (before.get(name), after.get(name)) for name in before | after if before.get(name) != after.get(name)}


def forget_the_course() -> None:
    """Make the environment what a fresh session of Colab has."""
    pip("uninstall", "--yes", "course-attn")


def build_wheel(folder: Path, version: str = "") -> Path:
    """The checkout's wheel, made in a copy so that no earlier build is in it; with another version if one is given."""
    tree = folder / "tree"
    shutil.copytree(ROOT / "course_attn", tree / "course_attn", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-text", "NOTICE"):
        shutil.copy(ROOT / name, tree)
    if version:
        (tree / "course_attn" / "_version.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", folder, tree]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise ColabError(f"the wheel cannot be built:\n{done.stdout}{done.stderr}")
    shutil.rmtree(tree)
    return next(folder.glob("*.whl"))


def kernel_environment(folder: Path, source: Path | None) -> dict[str, str]:
    """All the variables a kernel gets: an empty home, the wheel to install, the pages' files, no network."""
    home = folder / "home"
    home.mkdir(parents=True, exist_ok=True)
    variables: dict[str, Any] = {
        **NO_NETWORK,
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": home,
        "LANG": "C.UTF-8",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # or the debugger's warning stands among the lines of progress
        "OMP_NUM_THREADS": "1",  # as in all tests: two busy cores would make some cells twenty times slower
        "COURSE_ATTN_CACHE": cache_folder(),
        **({"COURSE_ATTN_SOURCE": source} if source else {}),
    }
    return {name: str(value) for name, value in variables.items()}
