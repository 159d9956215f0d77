"""Flags: a rule, a line, the text. Innocent answers have none."""

from pathlib import Path

import pytest

from course_attn.grading.marking.policy import Flag, flags

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("import torch.nn.functional as F\nF.scaled_dot_product_attention(1)", "built-in attention"),
        ("from torch.nn.functional import scaled_dot_product_attention as s", "built-in attention"),
        ("from torch import nn\nnn.MultiheadAttention(4, 2)", "built-in attention"),
        ("f = 'scaled_dot_product_attention'", "built-in attention"),
        ("torch.ops.aten._scaled_dot_product_flash_attention", "built-in attention"),
        ("from course_attn.scores import scaled_dot_scores", "reference"),
        ("import solutions", "reference"),
        ("import os.path", "import"),
        ("from numpy import array", "import"),
        ("getattr(torch, 'x')", "dynamic"),
        ("exec('x')", "dynamic"),
        ("f.__globals__", "dynamic"),
        ("import torch\nf = torch.nn.functional.__getattribute__('scaled_dot' + '_x')", "dynamic"),
        ("f = torch.nn.TransformerEncoder", "built-in attention"),
        ("from torch.nn import TransformerDecoder as T", "built-in attention"),
        ("torch._transformer_encoder_layer_fwd(x)", "built-in attention"),
        ("from torch.nn.attention import varlen_attn", "built-in attention"),
        ("torch.builtins.getattr(torch, 'x')", "import"),
        ("torch.sys.modules", "import"),
        ("torch.importlib.import_module('x')", "import"),
        ("from torch import sys", "import"),
        ("import typing\ntyping.sys.modules", "import"),
        ("from torch import _C", "dynamic"),
        ("import torch._C._nn", "dynamic"),
        ("torch.overrides._get_current_function_mode()", "dynamic"),
        ("().__class__", "dynamic"),
        ("from torch.nn.functional import *\ndef varlen_attn(): pass\nvarlen_attn()", "built-in attention"),
        (
            "from torch.nn import Transformer\nclass A:\n    def Transformer(): pass\nTransformer()",
            "built-in attention",
        ),
        ("import torch\nclass Transformer: pass\ntorch.nn.Transformer()", "built-in attention"),
        ("def f():\n    name = 'Transformer'", "built-in attention"),
        ("def getattr(): pass\ngetattr(torch, 'x')", "dynamic"),
        ("self.__class__.__mro__", "dynamic"),
        ("import typing\ntyping.types.CodeType()", "import"),
        ("import dataclasses as d\nd.types.CodeType()", "import"),
        ("torch.functional.typing.types.CodeType()", "import"),
        ("from typing import types", "import"),
        ("match F:\n    case object(scaled_dot_product_attention=f):\n        pass", "built-in attention"),
        ("match torch:\n    case object(sys=f):\n        pass", "import"),
        ("def (", "unreadable"),
        ("-" * 200_000 + "1", "unreadable"),
    ],
)
def test_each_rule(text, rule):
    assert rule in {flag.rule for flag in flags(text)}


def test_a_flag_has_its_line():
    assert flags("x = 1\n\nimport os  # why\n") == [Flag(3, "import", "import os  # why")]


def test_solutions_and_stubs_have_none():
    for path in [*ROOT.glob("solutions/ch*/*.py"), *ROOT.glob("exercises/ch*/*.py")]:
        assert flags(path.read_text(encoding="utf-8")) == [], path


@pytest.mark.parametrize(
    "text",
    [
        "from collections import abc\nimport collections.abc\nx = [1].copy()",
        "class A(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self._operate = 1",
        "torch.random.manual_seed(1)\ntorch.linalg.norm(x).types_\nf.__name__",
        "def transformer_block(x):\n    return _safe_softmax(x)",
        "def scaled_dot_product_attention(q):\n    return q\ndef f(q):\n    return scaled_dot_product_attention(q)",
        "class Transformer:\n    pass\nx: Transformer = Transformer()",
        "def f(Transformer, attend):\n    varlen_attn = attend\n    return varlen_attn(Transformer)",
        '"""Transformer"""\nclass A:\n    """As torch.nn.Transformer"""\n    def f(self):\n        "flex_attention"',
        "class A:\n    def __repr__(self):\n        return self.__class__.__name__ + __class__.__name__",
        "import torch\ndef f(self, x: torch.types.Number):\n    return self.types[x.types]",
    ],
)
def test_innocent_text_has_none(text):
    assert flags(text) == []


def test_what_the_exercise_lists_is_not_flagged():
    text = "from course_attn.masks import causal_mask\nfrom course_attn import masks\nimport numpy.linalg\n"
    assert [flag.rule for flag in flags(text)] == ["reference", "reference", "import"]
    assert flags(text, ["course_attn.masks", "numpy"]) == []
    assert [flag.line for flag in flags(text + "import course_attn.scores\n", ["course_attn.masks", "numpy"])] == [4]


def test_a_bad_escape_in_an_answer_warns_nobody():
    """Warnings are errors in these tests, and would be lines on the teacher's screen."""
    assert flags('def f(x):\n    return "\\d"\n') == []
