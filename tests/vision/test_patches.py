"""Patches: cutting, putting back, embedding."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.nn import functional as F
from torch.testing import assert_close

from course_attn.vision.patches import PatchEmbedding, patchify, unpatchify


def test_by_hand():
    image = torch.arange(8.0).reshape(1, 1, 2, 4)  # 0 1 2 3 / 4 5 6 7
    assert patchify(image, 2).tolist() == [[[0, 1, 4, 5], [2, 3, 6, 7]]]


def test_by_loops():
    images = normal(2, 3, 10, 14)
    tokens = patchify(images, 2)
    assert tokens.shape == (2, 35, 12)
    for y in range(5):
        for x in range(7):
            patch = [
                [float(images[b, c, 2 * y + i, 2 * x + j]) for c in range(3) for i in range(2) for j in range(2)]
                for b in range(2)
            ]
            assert tokens[:, y * 7 + x].tolist() == patch


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 3))
def test_there_and_back(channels, patch_size, down, across):
    images = normal(2, channels, down * patch_size, across * patch_size)
    tokens = patchify(images, patch_size)
    assert torch.equal(tokens, F.unfold(images, patch_size, stride=patch_size).transpose(1, 2))
    assert torch.equal(unpatchify(tokens, (down, across), patch_size), images)


def test_embedding_is_a_strided_convolution_in_value_and_gradient():
    layer = PatchEmbedding(2, 3, 11).double()
    images = normal(2, 3, 10, 14).requires_grad_()
    ours = layer(images)
    weight = layer.project.weight.unflatten(1, (3, 2, 2))
    theirs = F.conv2d(images, weight, layer.project.bias, stride=2).flatten(2).transpose(1, 2)
    assert_close(ours, theirs)
    upstream = normal(*ours.shape, seed=5)
    wanted = [images, layer.project.weight, layer.project.bias]
    assert_close(
        torch.autograd.grad((ours * upstream).sum(), wanted), torch.autograd.grad((theirs * upstream).sum(), wanted)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: patchify(torch.zeros(1, 1, 4, 5), 2),
            r"images must be of sides that patch_size = 2 divides, got shape \(1, 1, 4, 5\)",
        ),
        (lambda: patchify(torch.zeros(1, 1, 5, 4), 2), "patch_size = 2 divides"),
        (lambda: patchify(torch.zeros(1, 4, 4), 2), r"images must be of shape \(B, C, H, W\)"),
        (lambda: patchify(torch.zeros(1, 1, 4, 4), 0), "patchify: patch_size must be"),
        (lambda: unpatchify(torch.zeros(1, 7, 4), (2, 3), 2), r"tokens must be of shape \(B, 6, C P P\).*class token"),
        (lambda: unpatchify(torch.zeros(1, 6, 5), (2, 3), 2), "of a width that P P = 4 divides"),
        (lambda: unpatchify(torch.zeros(1, 6, 4), 6, 2), "grid must be a pair"),
        (lambda: unpatchify(torch.zeros(1, 6, 4), (2, 3), None), "unpatchify: patch_size must be"),
        (lambda: PatchEmbedding(2, 0, 4), "PatchEmbedding: channels must be"),
        (lambda: PatchEmbedding(2, 3, 4)(torch.zeros(1, 1, 4, 4)), r"images must be of shape \(B, 3, H, W\)"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: PatchEmbedding(2, 4, 8)(torch.zeros(2, 4, 6, 6).double()),
            "PatchEmbedding: images must be of the layer's dtype, float32, got shape (2, 4, 6, 6), float64",
        ),
        (
            lambda: PatchEmbedding(2, 4, 8)(torch.zeros(2, 4, 6, 6).byte()),
            "PatchEmbedding: images must be a floating-point tensor, got shape (2, 4, 6, 6), uint8",
        ),
        (
            lambda: patchify(torch.zeros(2, 4, 6, 6), "2"),
            "patchify: patch_size must be a whole number of at least 1, got str '2'",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)
