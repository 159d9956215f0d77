"""Linformer: attention over fewer keys, each a mixture of places."""

import pytest
import torch
from specification import B, M, N, batched, d, d_v, h, inputs, normal
from specification import attention as attention_by_loops
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.efficient import Linformer, linformer_attention


def test_with_the_identity_it_is_attention():
    query, key, value = inputs(B, h)
    eye = torch.eye(M, dtype=torch.float64)
    exact, _ = attention(query, key, value)
    assert_close(linformer_attention(query, key, value, eye, eye), exact)
    order = eye[torch.randperm(M)]
    assert_close(linformer_attention(query, key, value, order, order), exact)
    assert not torch.allclose(linformer_attention(query, key, value, eye, order), exact)


def test_by_loops():
    query, key, value = inputs(B)
    project_key, project_value = normal(3, M, seed=7), normal(3, M, seed=8)

    def loops(q, k, v):
        mixed_keys, mixed_values = (
            [
                [sum(w * row[c] for w, row in zip(weights, rows, strict=True)) for c in range(len(rows[0]))]
                for weights in e
            ]
            for e, rows in ((project_key.tolist(), k), (project_value.tolist(), v))
        )
        return attention_by_loops(q, mixed_keys, mixed_values, [[True] * 3 for _ in q])[0]

    assert_close(linformer_attention(query, key, value, project_key, project_value), batched(loops, query, key, value))


def test_module_uses_its_matrices_and_can_share_one():
    query, key, value = inputs(B, h)
    layer = Linformer(M, 3).double()
    expected = linformer_attention(query, key, value, layer.project_key, layer.project_value)
    output = layer(query, key, value)
    assert output.shape == (B, h, N, d_v)
    assert_close(output, expected)
    output.square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in layer.parameters())
    assert sum(p.numel() for p in layer.parameters()) == 2 * 3 * M
    shared = Linformer(M, 3, share=True)
    assert sum(p.numel() for p in shared.parameters()) == 3 * M
    assert shared.project_key is shared.project_value


def test_dot_products_keep_their_size_on_average():
    layer = Linformer(101, 1009).double()
    x = normal(101, 1)
    assert_close((layer.project_key @ x).norm() / x.norm(), torch.tensor(1.0, dtype=torch.float64), atol=0.1, rtol=0)


def test_gradcheck():
    layer = Linformer(3, 2).double()
    three = tuple(normal(3, 2, seed=s).requires_grad_() for s in range(3))
    assert torch.autograd.gradcheck(layer, three)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Linformer(0, 3), "Linformer: num_places must be"),
        (lambda: Linformer(3, 0), "Linformer: num_mixtures must be"),
        (
            lambda: Linformer(5, 3)(*[torch.zeros(7, d)] * 3),
            r"project_key must be of shape \(k, 7\), got shape \(3, 5\).*fixes the length",
        ),
        (
            lambda: linformer_attention(*[torch.zeros(7, d)] * 3, torch.zeros(3, 7), torch.zeros(2, 7)),
            r"project_value must be of shape \(3, 7\)",
        ),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: linformer_attention(
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5).double(),
                torch.zeros(2, 5),
            ),
            "linformer_attention: key must be of the layer's dtype, float64, got shape (2, 5, 4), float32",
        ),
        (
            lambda: linformer_attention(
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5, 4),
                torch.zeros(2, 5),
                torch.zeros(2, 5).double(),
            ),
            "linformer_attention: value must be of the layer's dtype, float64, got shape (2, 5, 4), float32",
        ),
        (
            lambda: linformer_attention(
                torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), torch.zeros(2, 5, 4), None, torch.zeros(2, 5)
            ),
            "linformer_attention: project_key must be a torch.Tensor, got NoneType None",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
