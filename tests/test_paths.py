"""The way to compute: whatever route torch takes, one meaning."""

import pytest
import torch
from specification import DEAD, MASKS, B, M, N, d, full, h, inputs
from torch.testing import assert_close

from course_attn import _paths
from course_attn._paths import sdpa
from course_attn.attention import attention


def call(tensors, mask=None, is_causal=False):
    return sdpa(*tensors, mask, is_causal=is_causal, scale=None, dropout=0.0)


def spy(monkeypatch):
    """Record what torch's function is given."""
    seen = []
    original = _paths.F.scaled_dot_product_attention

    def recorded(*tensors, **named):
        seen.append((tensors, named))
        return original(*tensors, **named)

    monkeypatch.setattr(_paths.F, "scaled_dot_product_attention", recorded)
    return seen


@pytest.mark.parametrize("lead", [(), (B,), (B, h), (2, 3, 2)])
def test_torch_is_given_four_dimensions_whatever_came(monkeypatch, lead):
    """With any other rank torch leaves its fused kernels and stores the weights."""
    seen = spy(monkeypatch)
    output = call(inputs(*lead, width=d), torch.ones(N, M, dtype=torch.bool))
    assert output.shape == (*lead, N, d)
    tensors, named = seen[0]
    assert [x.dim() for x in (*tensors, named["attn_mask"])] == [4, 4, 4, 4]


@pytest.mark.parametrize("lead", [(), (B,), (B, h), (2, 3, 2)])
def test_one_mask_for_the_whole_batch_is_not_copied(monkeypatch, lead):
    seen = spy(monkeypatch)
    call(inputs(*lead, width=d), torch.ones(N, M, dtype=torch.bool))
    assert seen[0][1]["attn_mask"].numel() == N * M


def test_a_causal_square_needs_no_mask(monkeypatch):
    seen = spy(monkeypatch)
    query, _, _ = inputs(B, h)
    call((query, query, query), is_causal=True)
    assert seen[0][1]["attn_mask"] is None
    assert seen[0][1]["is_causal"] is True


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("backend", [torch.nn.attention.SDPBackend.MATH, torch.nn.attention.SDPBackend.FLASH_ATTENTION])
def test_every_kernel_of_torch_gives_dead_rows_zero(backend, dtype):
    """What sdpa relies on when it does not fill dead rows itself on a CPU."""
    tensors = [x.requires_grad_() for x in inputs(B, h, dtype=dtype, width=d)]
    with torch.nn.attention.sdpa_kernel(backend):
        output = call(tensors, MASKS["dead row"])
        output.sum().backward()
    assert torch.equal(output[DEAD], torch.zeros(d, dtype=dtype))
    assert torch.equal(tensors[0].grad[DEAD], torch.zeros(d, dtype=dtype))
    assert all(torch.isfinite(x.grad).all() for x in tensors)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_on_a_gpu_as_on_the_cpu(mask, dtype):
    tensors = [x.cuda().requires_grad_() for x in inputs(B, h, dtype=dtype, width=16)]
    output = call(tensors, None if mask is None else mask.cuda())
    output.sum().backward()
    exact = attention(*(x.detach().cpu().double() for x in tensors), mask)[0]
    assert_close(output.cpu().double(), exact, rtol=0.02, atol=0.02)
    dead = ~full(mask, B, h).any(-1)
    assert (output.cpu()[dead] == 0).all()
    assert (tensors[0].grad.cpu()[dead] == 0).all()
    assert all(torch.isfinite(x.grad).all() for x in tensors)
