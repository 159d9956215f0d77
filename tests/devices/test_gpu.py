"""The same rows and the same core on a real accelerator; one skip where there is none."""

from __future__ import annotations

import pytest
import torch
from core_on_device import CORE, DTYPES
from device_bench import (
    part_elsewhere_is_named,
    runs_where_it_is_the_default,
    same_as_on_the_cpu,
    wrong_device_is_named,
)
from device_parts import PARTS
from device_rows import INNER, ROWS

import course_attn

DEVICE = course_attn.device()
if DEVICE.type == "cpu":
    pytest.skip("no accelerator: torch finds neither CUDA nor MPS on this machine", allow_module_level=True)

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def full_precision():
    """By default cuDNN rounds the inputs of a float32 convolution to ten bits."""
    with torch.backends.cudnn.flags(allow_tf32=False):
        yield


def test_the_device_is_picked_and_can_hold_a_tensor():
    assert DEVICE.type in ("cuda", "mps")
    assert course_attn.device(DEVICE.type) == torch.device(DEVICE.type)
    assert torch.ones(3, device=DEVICE).sum().item() == 3


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("test", CORE, ids=lambda test: test.__name__)
def test_core(test, dtype):
    test(DEVICE, dtype)


@pytest.mark.parametrize("name", ROWS)
def test_as_on_the_cpu(name):
    same_as_on_the_cpu(ROWS[name], DEVICE)


@pytest.mark.parametrize("name", ROWS)
def test_where_it_is_the_default_device(name):
    runs_where_it_is_the_default(ROWS[name], DEVICE)


@pytest.mark.parametrize("name", [name for name in ROWS if name not in INNER])
def test_an_input_on_another_device_is_named(name):
    wrong_device_is_named(ROWS[name], DEVICE)


@pytest.mark.parametrize("name", PARTS)
def test_a_part_on_another_device_is_named(name):
    part_elsewhere_is_named(PARTS[name], DEVICE)
