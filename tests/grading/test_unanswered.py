"""Stub or answer."""

from course_attn.grading.unanswered import is_stub

STUB = "def f(x):\n    '''A doc.'''\n    raise NotImplementedError\n"


def test_a_function_that_only_raises_is_a_stub():
    assert is_stub(STUB, "f")
    assert is_stub("import math\n" + STUB + "\n\ncheck('f', f)\n", "f")
    assert not is_stub(STUB.replace("raise NotImplementedError", "return x"), "f")
    assert not is_stub(STUB + "    return x\n", "f")
    assert not is_stub(STUB, "g", STUB)


def test_a_faulty_function_to_repair_is_a_stub_as_it_came():
    given = STUB + "    return x > 1\n"
    assert is_stub(given, "f", given)
    assert not is_stub(given.replace(">", ">="), "f", given)


def test_the_last_definition_is_meant():
    assert not is_stub(STUB + "def f(x): return x\n", "f", STUB)
    assert is_stub("def f(x): return x\n" + STUB, "f", STUB)


def test_stub_of_a_class():
    stub = "class Score:\n    def __init__(self):\n        self.x = 1\n"
    stub += "\n    def forward(self):\n        raise NotImplementedError\n"
    answer = stub.replace("raise NotImplementedError", "return self.x")
    assert is_stub("import math\n\n\n" + stub, "Score", '"""The task."""\n' + stub)
    assert not is_stub(answer, "Score", stub)
    assert not is_stub(answer, "Other", stub)
