"""The environment step: quick when nothing changed, a short word when something is missing."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tools import env

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A folder that stands in for the checkout."""
    monkeypatch.setattr(env, "ROOT", tmp_path)
    monkeypatch.setattr(env, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(env, "STAMPS", tmp_path / ".venv" / "course-env.json")
    monkeypatch.setattr(env, "NODE", tmp_path / "tools" / "node")
    (tmp_path / ".venv").mkdir()
    return tmp_path


def tool(folder, name, body):
    """A command on the path that does as told."""
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_nothing_but_the_standard_library():
    tree = ast.parse((ROOT / "tools" / "env.py").read_text(encoding="utf-8"))
    named = {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    named |= {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert named <= set(sys.stdlib_module_names)


def test_no_node(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(env.SetupError, match=r"Node must be 20 or later, with npm, got no node on the path: install"):
        env._node_version()


def test_old_node(monkeypatch, tmp_path):
    tool(tmp_path, "node", "echo v18.1.0")
    tool(tmp_path, "npm", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(env.SetupError, match=r"Node must be 20 or later, with npm, got v18\.1\.0"):
        env._node_version()


def test_old_python(monkeypatch):
    monkeypatch.setattr(env, "_version_of", lambda python: (3, 9, 2))
    with pytest.raises(env.SetupError, match=r"Python must be 3\.11 to 3\.13, got"):
        env._base_python()


def test_a_newer_python_on_the_path_is_taken(monkeypatch, tmp_path):
    tool(tmp_path, "python3.12", "echo 3 12 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "_base_executable", "old", raising=False)
    real = env._version_of
    monkeypatch.setattr(env, "_version_of", lambda python: (3, 9, 2) if python == "old" else real(python))
    assert env._base_python() == str(tmp_path / "python3.12")


def test_no_browser_and_no_apt(monkeypatch, tmp_path):
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(env.SetupError, match=r"(?s)need Chromium or Chrome, got none.*no apt-get.*CHROME=/path"):
        env._system_packages()


def test_apt_that_fails_is_quoted(monkeypatch, tmp_path):
    tool(tmp_path, "apt-get", "echo E: no such package; exit 100")
    tool(tmp_path, "sudo", 'exec "$@"')
    monkeypatch.delenv("CHROME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "env").symlink_to("/usr/bin/env")
    with pytest.raises(env.SetupError, match="E: no such package"):
        env._system_packages()


def test_a_wrong_chrome_is_named(monkeypatch):
    monkeypatch.setenv("CHROME", "no-such-browser")
    with pytest.raises(env.SetupError, match=r"\$CHROME must name a browser that runs, got no-such-browser"):
        env.find_browser()


def test_npm_without_a_network(checkout, monkeypatch, tmp_path):
    for name in ("tools/node/package.json", "tools/node/package-lock.json", "tools/vendor.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_text("{}", encoding="utf-8")
    tool(tmp_path, "node", "echo v20.1.0")
    tool(tmp_path, "npm", "echo npm error code ENOTFOUND >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(env.SetupError, match=r"(?s)npm packages could not be installed.*ENOTFOUND.*missing network"):
        env._node_packages()
    assert "node" not in env._stamps(), "a failed step must be tried again"


def test_pip_that_fails(checkout):
    failing = [sys.executable, "-c", "print('ERROR: Could not resolve host'); raise SystemExit(1)"]
    with pytest.raises(env.SetupError, match=r"(?s)things could not be.*Could not resolve host.*missing network"):
        env._run_pip(failing, "things", 3)
    assert "Could not resolve" in (checkout / ".venv" / "pip.log").read_text(encoding="utf-8")


def test_a_stamp_follows_its_files(checkout):
    file = checkout / "requirements.txt"
    file.write_text("numpy==2.4.6\n", encoding="utf-8")
    before = env._stamp([file], "3.11")
    assert before == env._stamp([file], "3.11")
    assert before != env._stamp([file], "3.12")
    file.write_text("numpy==2.4.7\n", encoding="utf-8")
    assert before != env._stamp([file], "3.11")
    with pytest.raises(env.SetupError, match=r"gone\.txt must be in the checkout, got nothing"):
        env._stamp([checkout / "gone.txt"])


def test_a_broken_stamp_file_means_do_it_again(checkout):
    env._remember("python", "a")
    env._remember("node", "b")
    assert env._stamps() == {"python": "a", "node": "b"}
    env.STAMPS.write_text("{", encoding="utf-8")
    assert env._stamps() == {}


def test_command_line_has_no_traceback(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "tools.env"],
        cwd=ROOT, capture_output=True, text=True, env={"PATH": str(tmp_path), "CHROME": "no-such-browser"},
    )
    assert done.returncode == 1
    assert "Node must be 20" in done.stderr
    assert "Traceback" not in done.stderr
