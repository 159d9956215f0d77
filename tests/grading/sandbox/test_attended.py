"""Torch's own attention is noted when it is called, however the call is written, and goes on as it was."""

import pytest
import torch
from torch import nn

from course_attn.grading.sandbox.attended import Noted, built_in
from course_attn.grading.sandbox.remote import RemoteStudent

HEADS = torch.randn(1, 2, 3, 5, generator=torch.Generator().manual_seed(0))
TOKENS = torch.randn(2, 3, 6, generator=torch.Generator().manual_seed(1))
WAYS = {
    "function": lambda: nn.functional.scaled_dot_product_attention(HEADS, HEADS, HEADS),
    "binding": lambda: torch._C._nn.scaled_dot_product_attention(HEADS, HEADS, HEADS),
    "operator": lambda: torch.ops.aten.scaled_dot_product_attention(HEADS, HEADS, HEADS),
    "overload": lambda: torch.ops.aten.scaled_dot_product_attention.default(HEADS, HEADS, HEADS),
    "plain": lambda: torch._scaled_dot_product_attention_math(HEADS, HEADS, HEADS)[0],
    "heads": lambda: nn.MultiheadAttention(6, 2, batch_first=True)(TOKENS, TOKENS, TOKENS)[0],
    "heads, not training": lambda: nn.MultiheadAttention(6, 2, batch_first=True).eval()(TOKENS, TOKENS, TOKENS)[0],
    "encoder": lambda: nn.TransformerEncoderLayer(6, 2, 7, batch_first=True).eval()(TOKENS),
    "decoder": lambda: nn.TransformerDecoderLayer(6, 2, 7, batch_first=True).eval()(TOKENS, TOKENS),
}
HIDDEN = "scaled_dot' + '_product_attention"
SOURCE = f"import torch\n\ndef f(x):\n    return torch.nn.functional.__getattribute__('{HIDDEN}')(x, x, x)\n"


@pytest.mark.parametrize("way", WAYS)
def test_each_way_is_noted_and_changes_nothing(way):
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(2)
        expected = WAYS[way]()
        torch.manual_seed(2)
        with Noted() as noted:
            got = WAYS[way]()
    assert noted.called
    assert all(built_in(name) for name in noted.called)
    torch.testing.assert_close(got, expected)


def test_what_a_learner_writes_is_not():
    with Noted() as noted:
        query = (HEADS * 2).requires_grad_()
        weights = torch.softmax(query @ HEADS.mT / 5**0.5, dim=-1)
        torch.einsum("bhqk,bhkd->bhqd", weights, HEADS).sum().backward()
        nn.Linear(6, 6)(TOKENS)
    assert noted.called == []


def test_a_worker_tells_the_grader(zygote):
    noted = set()
    student = RemoteStudent(zygote, SOURCE, "f.py", "f", ["x"], 20.0, noted=noted)
    assert noted == set()
    expected = nn.functional.scaled_dot_product_attention(HEADS, HEADS, HEADS)
    torch.testing.assert_close(student(HEADS), expected)
    student.close()
    assert noted == {("attended", "scaled_dot_product_attention")}
