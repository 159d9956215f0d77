"""IPython's lines give way; Python that looks like them stays."""

import ast
import platform

import pytest

from course_attn.grading.marking.magics import NotPython, parse, parse_cell, without_magics

READ_WITH = f"(read with Python {'.'.join(platform.python_version_tuple()[:2])})"


def test_an_expression_over_several_lines_is_not_a_magic():
    text = "def f(count):\n    return (count + 7\n        % 5\n    )"
    tree, kept, remark = parse_cell(text)
    assert (kept, remark) == (text, "")
    names = {}
    exec(compile(tree, "cell", "exec"), names)
    assert names["f"](1) == 1 + 7 % 5


def test_not_even_beside_a_real_magic():
    text = "%matplotlib inline\ndef f(count):\n    note = '''\n%time\n'''  # (\n"
    text += "    return (count + 7\n        % 5\n    )\n"
    tree, _, remark = parse_cell(text)
    assert remark == "IPython's own lines were left out: 1"
    names = {}
    exec(compile(tree, "cell", "exec"), names)
    assert names["f"](1) == 3
    assert "'\\n%time\\n'" in ast.dump(tree)


@pytest.mark.parametrize(
    ("text", "kept", "lines"),
    [
        ("!pip install x\ny = 1\n", "pass\ny = 1\n", [1]),
        ("!pip install \\\n  x\ny = 1\n", "pass\n\ny = 1\n", [1]),
        ("if True:\n    %time f(\n", "if True:\n    pass\n", [2]),
        ("files = !ls it's\nx = 1", "pass\nx = 1", [1]),
        ("t['a'] = %timeit -o f(\nx = 1", "pass\nx = 1", [1]),
        ("ns.x, d[\"]='\"][0].y = !ls it's\nx = 1", "pass\nx = 1", [1]),
        ("a.b %= 5\nd['=%'] = x[1] != 2\n", "a.b %= 5\nd['=%'] = x[1] != 2\n", []),
        ('"""a=%d\n%b\n"""\n%c', '"""a=%d\n%b\n"""\npass', [4]),
        ("%time x = f(1)\nif x:\n  %time y = 2; g(y)\n", "x = f(1)\nif x:\n  y = 2; g(y)\n", []),
        ("%time x = \\\n 1\n%b", "x = \\\n 1\npass", [3]),
        ("%time\n%time f(x)\n%time # x\n%time x = (\n%timeit y = 2", "pass\npass\npass\npass\npass", [1, 2, 3, 4, 5]),
        ("torch.softmax?\n??f\nf??\n", "pass\npass\npass\n", [1, 2, 3]),
        ("x %= 5\ny = x != 2\n", "x %= 5\ny = x != 2\n", []),
        ("x = [1,\n%a\n]\n%b", "x = [1,\n%a\n]\npass", [4]),
        ("x = 1 \\\n% 5\n", "x = 1 \\\n% 5\n", []),
        ("s = 'a\\'('\n%b", "s = 'a\\'('\npass", [2]),
        ('"""(\n%a\n"""\n%b', '"""(\n%a\n"""\npass', [4]),
        ("x = )\n%b", "x = )\npass", [2]),
    ],
)
def test_only_lines_that_begin_a_statement(text, kept, lines):
    assert without_magics(text) == (kept, lines)


def test_cell_magics():
    assert parse_cell("%%bash\nrm -rf x")[1:] == ("", "is %%bash, not Python, and was left out")
    tree, _, remark = parse_cell("\n%%time\ndef f(): pass\n")
    assert [type(node).__name__ for node in tree.body] == ["Pass", "FunctionDef"]
    assert remark == "IPython's own lines were left out: 2"


def test_a_cell_indented_as_a_whole():
    tree, _, remark = parse_cell("  x = 1\r\n  y = 2\r\n")
    assert (len(tree.body), remark) == (2, "")


def test_lines_that_end_as_on_old_computers():
    tree, kept, remark = parse_cell("%b\rx = 1\r\ry = 2\r\n")
    assert (kept, len(tree.body)) == ("pass\nx = 1\n\ny = 2\n", 3)
    assert remark == "IPython's own lines were left out: 1"


def test_long_lines_of_blanks_take_no_time():
    text = f"x = (\n){' ' * 300_000}\n{' ' * 300_000}(\n%b"  # minutes if every blank were tried as the first
    with pytest.raises(NotPython):
        parse_cell(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x = 1\nx = (\n", f"has a syntax error in line 2: '(' was never closed {READ_WITH}"),
        ("x\ny\0", "holds a NUL character in line 2: save it as UTF-8 text"),
        ("x = '\ud800'", "cannot be read as Python: UnicodeEncodeError"),
    ],
)
def test_what_is_not_python_is_told(text, reason):
    with pytest.raises(NotPython) as caught:
        parse(text)
    assert str(caught.value) == reason
    with pytest.raises(NotPython):
        parse_cell(text)


def test_an_answer_with_bad_style_gives_no_warning():
    parse("x = '\\d' is 1")
