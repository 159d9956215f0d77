"""What a command lacks is told in a line; whatever else goes wrong is left as it is."""

import sys

import pytest

from course_attn.learner import lacking


def test_nothing_is_lacking(capsys):
    called = []
    lacking.told(lambda: called.append(1))
    assert called == [1]
    assert capsys.readouterr() == ("", "")
    assert lacking.torch_problem() == ""


@pytest.mark.parametrize("problem", [ImportError("another library"), FileNotFoundError("another file")])
def test_other_problems_keep_their_traceback(problem):
    def command():
        raise problem

    with pytest.raises(type(problem), match="another"):
        lacking.told(command)


def test_torch_is_missing(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "torch", None)  # Python's own sign that there is no such module

    def command():
        import torch  # noqa: F401

    with pytest.raises(SystemExit) as end:
        lacking.told(command)
    assert end.value.code == 1
    output, said = capsys.readouterr()
    assert output == ""
    assert said.startswith("course-attn: PyTorch cannot be loaded here (import of torch halted; None in sys.modules). ")
    assert said.endswith("a CPU-only build is enough, and PyTorch's own page, Get Started, says how.\n")
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise OSError('libgomp.so.1: cannot open\\nand more')", "libgomp.so.1: cannot open"),
        ("raise ImportError('')", "ImportError"),
        ("import nosuchmodule", "No module named 'nosuchmodule'"),
    ],
)
def test_torch_that_cannot_be_loaded(monkeypatch, tmp_path, source, reason):
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "torch.py").write_text(f"{source}\n")
    assert lacking.torch_problem() == reason


def test_the_folder_is_gone(monkeypatch, capsys, tmp_path):
    def cwd():
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("pathlib.Path.cwd", cwd)
    with pytest.raises(SystemExit) as end:
        lacking.told(lambda: pytest.fail("the command needs a folder"))
    assert end.value.code == 2
    assert "is not there any more (No such file or directory); go to another one" in capsys.readouterr().err
