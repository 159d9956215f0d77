"""`check` in a notebook cell: prints, raises nothing."""

import subprocess
import sys

import nbclient
import nbformat
import pytest

import course_attn
from course_attn.grading import report
from course_attn.grading.notebook import check


def test_it_is_the_packages_check():
    assert course_attn.check is check


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("no_such_exercise_at_all", max), "check: NAME must be the name of an exercise"),
        (("masked_softmx", max), "did you mean masked_softmax?"),
        (("masked_softmax",), "the second argument must be your function, got nothing"),
        (("masked_softmax", 3), "the second argument must be your function, got int 3"),
        (("masked_softmax", lambda scores: scores), "the function must take (scores, mask), got (scores)"),
        (("masked_softmax", lambda scores, mask: 1 / 0), "it raised ZeroDivisionError: division by zero"),
        (("masked_softmax", lambda scores, mask: None), "did you forget `return`?"),
    ],
)
def test_mistakes_are_told_and_nothing_is_raised(capsys, args, said):
    assert check(*args) is None
    shown = capsys.readouterr().out
    assert said in shown
    assert "Traceback" not in shown
    assert len(shown.splitlines()) <= report.MAX_LINES


def test_not_attempted(capsys):
    def masked_softmax(scores, mask):
        raise NotImplementedError

    check("masked_softmax", masked_softmax)
    assert capsys.readouterr().out == report.not_attempted("masked_softmax") + "\n"


def test_importing_the_package_does_not_import_grading():
    code = "import sys, course_attn; print([m for m in sys.modules if 'grading' in m or m in ('typer', 'pytest')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_checking_needs_neither_pytest_nor_typer():
    code = (
        "import sys, course_attn; course_attn.check('predict_output', lambda: [46, 40, 10]);"
        "print([m for m in ('typer', 'pytest', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "predict_output: passed, all 3 checks.\n[]\n"


def test_without_asserts_nothing_passes():
    code = "import course_attn; course_attn.check('predict_output', lambda: [1, 2, 3])"
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert "predict_output: cannot be checked.\n  Python was started with -O" in done.stdout


def test_a_cell_shows_html_and_keeps_the_text():
    """The stub alone stays a printed line: the stored pages must not depend on the front end."""
    notebook = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("from course_attn import check\ncheck('predict_output', lambda: [1, 2, 3])"),
            nbformat.v4.new_code_cell("def f():\n    raise NotImplementedError\ncheck('predict_output', f)"),
            nbformat.v4.new_code_cell("check('predict_output')"),
        ]
    )
    client = nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.extra_arguments = ["--IPKernelApp.log_level=ERROR"]
    client.execute()
    (answered,), (stub,), (nothing,) = (cell.outputs for cell in notebook.cells)
    assert set(answered["data"]) == {"text/html", "text/plain"}
    assert answered["data"]["text/plain"].startswith("predict_output: 0 of 3 checks passed.")
    assert "<strong>✗ predict_output: not yet</strong>" in answered["data"]["text/html"]
    assert stub["text"] == report.not_attempted("predict_output") + "\n"
    assert "got nothing" in nothing["data"]["text/html"]
