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
    """What it takes from the course keeps to that too: tests/test_endings.py looks."""
    tree = ast.parse((ROOT / "tools" / "env.py").read_text(encoding="utf-8"))
    named = {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    named |= {alias.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    assert named <= {*sys.stdlib_module_names, "course_attn"}


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


@pytest.fixture
def quiet(monkeypatch):
    """This Python, and no pip; what pip would have installed."""
    asked = []
    monkeypatch.setattr(env, "_base_python", lambda: sys.executable)
    monkeypatch.setattr(env, "_run_pip", lambda command, what, total: asked.append(what))
    return asked


def make_checkout(folder):
    for name in ("requirements.txt", "pyproject.toml", "course_attn/_version.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_an_environment_follows_its_folder(tmp_path, monkeypatch, quiet, capsys):
    old, new = tmp_path / "old", tmp_path / "new name"
    for folder in (old, new):
        monkeypatch.setattr(env, "ROOT", folder)
        monkeypatch.setattr(env, "VENV", folder / ".venv")
        monkeypatch.setattr(env, "STAMPS", folder / ".venv" / "course-env.json")
        if folder == old:
            make_checkout(old)
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(env.VENV)], check=True)
            python, body = env.venv_python(), "import sys\nprint(sys.prefix, *sys.argv[1:])"
            tool(python.parent, "by_sh", "echo its own")
            heads = {"short": f"#!{python}", "long": f"#!/bin/sh\n'''exec' \"{python}\" \"$0\" \"$@\"\n' '''"}
            for name, head in heads.items():
                (python.parent / name).write_text(f"{head}\n{body}\n", encoding="utf-8")
                (python.parent / name).chmod(0o755)
            (python.parent / "program").write_bytes(b"\x7fELF\xff\n")
            env._python_packages()
            assert quiet.pop() == "the course's own package"
            env._python_packages()
            quiet.clear()
            old.rename(new)
    capsys.readouterr()
    env._python_packages()
    assert "this folder was moved" in capsys.readouterr().out
    assert "the course's own package" in quiet, "the editable install names the folder too"
    for name in ("short", "long"):
        done = subprocess.run([env.venv_python().parent / name, "a b"], capture_output=True, text=True, check=False)
        assert (done.stdout, done.stderr) == (f"{new / '.venv'} a b\n", "")
    assert str(new) in (env.venv_python().parent / "activate").read_text(encoding="utf-8")
    assert (env.venv_python().parent / "program").read_bytes() == b"\x7fELF\xff\n"
    assert (env.venv_python().parent / "by_sh").read_text() == "#!/bin/sh\necho its own\n"
    env._python_packages()
    assert capsys.readouterr().out == "", "once is enough"


def test_an_environment_that_is_another_checkouts_is_left_as_it_is(checkout, tmp_path, monkeypatch, quiet, capsys):
    other = tmp_path / "other" / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(other)], check=True)
    (other / "bin" / "tool").write_text(f"#!{other}/bin/python\n")
    make_checkout(checkout)
    env.VENV.rmdir()
    env.VENV.symlink_to(other)
    env._python_packages()
    assert "moved" not in capsys.readouterr().out
    assert (other / "bin" / "tool").read_text() == f"#!{other}/bin/python\n"


@pytest.mark.parametrize("end", [KeyboardInterrupt, None], ids=["interrupted", "failed"])
def test_half_an_environment_is_made_anew(checkout, monkeypatch, quiet, end):
    make_checkout(checkout)
    calls = []

    def ask(command, **options):
        calls.append(command)
        env.venv_python().parent.mkdir(exist_ok=True)
        env.venv_python().touch()
        version = ".".join(map(str, sys.version_info[:3]))
        (env.VENV / "pyvenv.cfg").write_text(f"version = {version}\ncommand = python -m venv {env.VENV}\n")
        if end and len(calls) == 1:
            raise end
        return subprocess.CompletedProcess(command, len(calls) == 1, "", "no ensurepip")

    monkeypatch.setattr(env, "_ask", ask)
    with pytest.raises(end or env.SetupError, match=None if end else r"no ensurepip\nOn Debian"):
        env._python_packages()
    env._python_packages()
    assert [command[3] for command in calls] == ["--clear"] * 2
    env._python_packages()
    assert len(calls) == 2


def test_a_file_in_the_place_of_the_environment(checkout, quiet):
    env.VENV.rmdir()
    env.VENV.touch()
    with pytest.raises(env.SetupError, match=r"\.venv must be a folder, got something else: move it away"):
        env._python_packages()


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


def test_an_environment_without_pip_is_to_be_deleted():
    said = env._explain("/x/.venv/bin/python: No module named pip\n")
    assert said.splitlines()[1:] == ["Half an environment: delete .venv and run again."]
    assert "delete" not in env._explain("No module named pipeline\n")
