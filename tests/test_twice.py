"""Second and forward derivatives, on every way to compute attention."""

from functools import partial

import pytest
import torch
from specification import normal
from torch import nn
from torch.testing import assert_close

from course_attn import _paths
from course_attn._twice import derivable, derived_twice
from course_attn.attention import attention, fused_attention
from course_attn.efficient import Linformer, Performer, linear_attention, sliding_window_attention
from course_attn.graph import GraphAttention, adjacency_mask, edge_attention, edge_index
from course_attn.masks import causal_mask
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import RelativeBias, Rotary
from course_attn.self_attention import SelfAttention
from course_attn.transformer import TransformerEncoder
from course_attn.vision.queries import LearnedQueries
from course_attn.vision.sagan import SaganAttention
from course_attn.vision.vit import ViT

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch uses it forward

N, M, d = 3, 5, 2
DEAD = torch.rand(N, M, generator=torch.Generator().manual_seed(1)) > 0.5
DEAD[1] = False


def three(num_keys=M, width=d, heads=2):
    sizes = (1, 2, N, d), (1, heads, num_keys, d), (1, heads, num_keys, width)
    return [normal(*size, seed=s).requires_grad_() for s, size in enumerate(sizes)]


@pytest.mark.parametrize("width", [d, 3, 1])
@pytest.mark.parametrize("explicit_below", [0, 1 << 23])
@pytest.mark.parametrize(
    "options",
    [{}, {"mask": DEAD}, {"is_causal": True}, {"is_causal": True, "mask": DEAD}, {"scale": 0.3}],
    ids=["plain", "dead row", "causal", "both", "scale"],
)
def test_fused_attention(monkeypatch, options, explicit_below, width):
    monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", explicit_below)
    inputs, path = three(width=width), partial(fused_attention, **options)
    assert torch.autograd.gradcheck(path, inputs, check_forward_ad=True, check_backward_ad=True)
    assert torch.autograd.gradgradcheck(path, inputs)


def test_a_causal_square():
    """The kernel's own causal mask."""
    assert torch.autograd.gradgradcheck(partial(fused_attention, is_causal=True), three(num_keys=N))


@pytest.mark.parametrize("mask", [None, DEAD[:, :N]], ids=["none", "dead row"])
@pytest.mark.parametrize("is_causal", [False, True])
def test_the_gradient_that_can_be_derived_again_is_the_kernels(mask, is_causal):
    """gradgradcheck cannot see a wrong one: it derives that one."""
    found = []
    for again in (False, True):
        inputs = three(num_keys=N)
        output = fused_attention(*inputs, mask, is_causal=is_causal).square().sum()
        found.append(torch.autograd.grad(output, inputs, create_graph=again))
    assert_close(*found)


def test_heads_that_share_keys():
    assert torch.autograd.gradgradcheck(lambda *x: _paths.sdpa_of_heads(*x, DEAD), three(heads=1))


@pytest.mark.parametrize("asked", [0, 1, 2])
def test_one_gradient_alone(asked):
    results = []
    for path in (fused_attention, lambda *x: attention(*x)[0]):
        inputs = [x.detach().requires_grad_(i == asked) for i, x in enumerate(three())]
        (first,) = torch.autograd.grad(path(*inputs).square().sum(), inputs[asked], create_graph=True)
        results.append((first, *torch.autograd.grad(first.square().sum(), inputs[asked])))
    assert_close(*results)


def test_the_usual_derivative_keeps_nothing_more_and_is_the_kernels(monkeypatch):
    monkeypatch.setattr("course_attn._twice.derivable", None)
    kept = []
    with torch.autograd.graph.saved_tensors_hooks(lambda x: kept.append(x.shape) or x, lambda x: x):
        inputs = three()
        output = fused_attention(*inputs)
    assert len(kept) == 5  # three inputs, the output, the logarithms of the sums
    torch.autograd.grad(output.sum(), inputs)


def test_with_checkpoints_the_first_derivative_is_as_before():
    inputs = three()
    output = torch.utils.checkpoint.checkpoint(fused_attention, *inputs, use_reentrant=False)
    ours = torch.autograd.grad(output.sum(), inputs, create_graph=True)
    assert_close(ours, torch.autograd.grad(fused_attention(*inputs).sum(), inputs))


def test_an_output_of_another_way_is_left_alone():
    x = normal(3).requires_grad_()
    assert derived_twice(x) is x
    square = x.square()
    assert derived_twice(square) is square


def test_derivable_by_hand():
    x, factor = normal(3).requires_grad_(), normal(3, seed=1)
    by_x, by_factor = derivable(lambda a, b: a.pow(3) * b, torch.ones(3), x, factor)
    assert_close((by_x, by_factor), (3 * x.square() * factor, x.pow(3)))
    assert_close(torch.autograd.grad(by_x.sum(), x)[0], 6 * x * factor)


# ---------------------------------------------------------------- layers

X, IMAGE = normal(2, 5, 8, seed=7), normal(1, 3, 4, 4, seed=8)
EDGES = edge_index([(0, 1), (1, 2)], 5)


def thrice(layer):
    """Queries, keys and values are one."""
    return lambda x: layer(x, x, x)


by_x = {
    "self-attention": lambda: SelfAttention(8, 4),
    "multi-head": lambda: MultiHeadAttention(8, 2),
    "causal": lambda: partial(MultiHeadAttention(8, 2).double(), is_causal=True),
    "mask": lambda: partial(MultiHeadAttention(8, 2).double(), mask=causal_mask(5)),
    "shared heads, rotated": lambda: MultiHeadAttention(8, 2, num_kv_heads=1, rotate=Rotary(4)),
    "bias": lambda: MultiHeadAttention(8, 2, score_bias=RelativeBias(2, 3)),
    "encoder": lambda: TransformerEncoder(8, 2, 16, 2),
    "learned queries": lambda: LearnedQueries(3, 8, 2, 1, 16),
    "window": lambda: lambda x: sliding_window_attention(x, x, x, 2),
    "linear": lambda: lambda x: linear_attention(x, x, x),
    "linear, causal": lambda: lambda x: linear_attention(x, x, x, is_causal=True, chunk_size=2),
    "performer": lambda: thrice(Performer(8, 16)),
    "linformer": lambda: thrice(Linformer(5, 3).double()),
    "edges": lambda: lambda x: edge_attention(x, x, x, EDGES)[0],
    "graph": lambda: partial(GraphAttention(8, 3).double(), mask=adjacency_mask(EDGES, 5)),
    "graph, edges": lambda: partial(GraphAttention(8, 3).double().along_edges, edges=EDGES),
}
by_image = {"vit": lambda: ViT(4, 2, 3, 8, 2, 2, 16, 5), "sagan": lambda: SaganAttention(3, 2, 2)}
CASES = {name: (make, X) for name, make in by_x.items()} | {name: (make, IMAGE) for name, make in by_image.items()}


@pytest.mark.parametrize("name", CASES)
def test_layers_second_and_forward(name):
    """The gradient's own slope along a direction, and the output's, beside finite differences."""
    torch.manual_seed(0)
    make, x = CASES[name]
    layer = make()
    layer = layer.double().eval() if isinstance(layer, nn.Module) else layer
    if name == "sagan":
        nn.init.ones_(layer.gamma)
    upstream, direction = normal(*layer(x).shape, seed=9), normal(*x.shape, seed=10)

    def slope(x):
        leaf = x.detach().requires_grad_()
        (first,) = torch.autograd.grad((layer(leaf) * upstream).sum(), leaf, create_graph=True)
        return first, leaf

    step = 1e-5
    first, leaf = slope(x)
    (second,) = torch.autograd.grad((first * direction).sum(), leaf)
    by_steps = (slope(x + step * direction)[0] - slope(x - step * direction)[0]) / (2 * step)
    assert_close(second, by_steps, rtol=1e-4, atol=1e-5)
    _, tangent = torch.func.jvp(layer, (x,), (direction,))
    assert_close(
        tangent, (layer(x + step * direction) - layer(x - step * direction)) / (2 * step), rtol=1e-4, atol=1e-6
    )
