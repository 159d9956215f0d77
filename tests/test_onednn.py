"""oneDNN's linear: the default one's values, and derivatives of its own."""

import pytest
import torch

from course_attn._onednn import OneDNNLinear, onednn_linear

pytestmark = pytest.mark.skipif(
    not hasattr(torch.ops.mkldnn, "_linear_pointwise"), reason="this torch has no oneDNN linear"
)


@pytest.mark.parametrize("shape", [(7,), (5, 7), (2, 5, 7)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_the_default_linear_in_value_and_gradient(shape, with_bias):
    torch.manual_seed(0)
    x = torch.randn(*shape, requires_grad=True)
    weight = torch.randn(11, 7, requires_grad=True)
    bias = torch.randn(11, requires_grad=True) if with_bias else None
    leaves = [leaf for leaf in (x, weight, bias) if leaf is not None]
    mine, theirs = OneDNNLinear.apply(x, weight, bias), torch.nn.functional.linear(x, weight, bias)
    torch.testing.assert_close(mine, theirs)
    with torch.no_grad():
        torch.testing.assert_close(onednn_linear(x, weight, bias), theirs)
    cotangent = torch.randn_like(mine)
    ours = torch.autograd.grad(mine, leaves, cotangent)
    torch.testing.assert_close(ours, torch.autograd.grad(theirs, leaves, cotangent))


def test_only_the_derivatives_that_are_asked_for():
    x, weight, bias = torch.randn(5, 7), torch.randn(3, 7, requires_grad=True), torch.randn(3)
    output = OneDNNLinear.apply(x, weight, bias)
    (found,) = torch.autograd.grad(output.sum(), weight)
    torch.testing.assert_close(found, x.sum(0).expand(3, 7))
