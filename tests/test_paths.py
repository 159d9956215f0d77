"""The way to compute: whatever route torch takes, one meaning."""

import pytest
import torch
from specification import DEAD, MASKS, B, M, N, d, full, h, inputs
from torch.testing import assert_close

from course_attn import _onednn, _paths
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


def apart(x):
    """The same rows with the numbers of each far from one another in memory, as an image's pixels lie."""
    turned = x.detach().mT.contiguous().mT if x.shape[-1] > 1 else x.detach().new_empty(*x.shape, 2)[..., 0].copy_(x)
    assert turned.stride(-1) != 1
    return turned.requires_grad_(x.requires_grad)


def fused_everywhere(monkeypatch):
    """No scores are stored, however few there are."""
    monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", 0)
    monkeypatch.setattr(_paths, "UNEQUAL_BY_HAND_FROM_SCORES", 0)


@pytest.mark.parametrize("mask", [None, MASKS["dead row"]], ids=["every key", "dead row"])
@pytest.mark.parametrize("which", ["query", "key", "value", "all three"])
@pytest.mark.parametrize("widths", [(d, d), (d, 13), (13, d), (1, 1)], ids="{0[0]} and {0[1]}".format)
def test_torch_is_given_rows_in_one_piece_whatever_came(monkeypatch, widths, which, mask):
    """With numbers of a row that lie apart torch leaves its fused kernels and stores the weights."""
    fused_everywhere(monkeypatch)
    seen = spy(monkeypatch)
    generator = torch.Generator().manual_seed(0)
    sizes = (B, h, N, widths[0]), (B, h, M, widths[0]), (B, h, M, widths[1])
    plain = [torch.randn(size, generator=generator, dtype=torch.float64).requires_grad_() for size in sizes]
    names = ("query", "key", "value")
    laid = [apart(x) if which in (name, "all three") else x for name, x in zip(names, plain, strict=True)]
    upstream = torch.randn(B, h, N, widths[1], generator=generator, dtype=torch.float64)
    results = []
    for tensors in (laid, plain):
        output = call(tensors, mask)
        results.append((output, *torch.autograd.grad((output * upstream).sum(), tensors)))
    assert_close(*results)
    assert len(seen) == 2
    for tensors, _ in seen:
        assert [x.stride(-1) for x in tensors] == [1, 1, 1]
        assert torch._fused_sdp_choice(*tensors) == torch.nn.attention.SDPBackend.FLASH_ATTENTION.value


def test_heads_split_off_a_projection_are_not_copied(monkeypatch):
    """They are views whose rows are whole; a copy would make every layer slower."""
    seen = spy(monkeypatch)
    heads = [x.transpose(1, 2).contiguous().transpose(1, 2) for x in inputs(B, h, width=d)]
    assert not any(x.is_contiguous() for x in heads)
    _paths.sdpa_of_heads(*heads, None)
    _paths.one_query(heads[0][:, :, :1], *heads[1:])
    for tensors, _ in seen:
        assert [x.data_ptr() for x in tensors] == [x.data_ptr() for x in heads]


def test_a_step_of_decoding_is_given_rows_in_one_piece(monkeypatch):
    seen = spy(monkeypatch)
    query, key, value = inputs(B, h, width=d)
    wanted = _paths.one_query(query[:, :, :1], key, value)
    assert_close(_paths.one_query(apart(query)[:, :, :1], apart(key), apart(value)), wanted)
    assert [x.stride(-1) for x in seen[1][0]] == [1, 1, 1]


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


# ---- linear: oneDNN and the default way have one meaning ----

ONEDNN = hasattr(torch.ops.mkldnn, "_linear_pointwise")


@pytest.mark.parametrize(
    ("mkldnn", "capability", "processor", "slow"),
    [
        (True, "AVX512", "vendor_id : AuthenticAMD", True),
        (True, "AVX512", "vendor_id : GenuineIntel", False),
        (True, "AVX2", "vendor_id : AuthenticAMD", False),
        (False, "AVX512", "vendor_id : AuthenticAMD", False),
        (True, "AVX512", None, False),  # no such file: not Linux
    ],
)
def test_where_the_default_matrix_product_is_slow(monkeypatch, mkldnn, capability, processor, slow):
    if not ONEDNN:
        pytest.skip("this torch has no oneDNN linear")

    def read_text(path, *_, **__):
        assert str(path) == "/proc/cpuinfo"
        if processor is None:
            raise FileNotFoundError(path)
        return processor

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: mkldnn)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(_paths, "Path", lambda path: type("File", (), {"read_text": lambda self: read_text(path)})())
    assert _paths._slow_default_matmul.__wrapped__() is slow


@pytest.fixture
def onednn_taken(monkeypatch):
    """Every float32 linear goes through oneDNN, and is counted."""
    if not ONEDNN:
        pytest.skip("this torch has no oneDNN linear")
    calls = []
    onednn = _onednn.onednn_linear
    monkeypatch.setattr(_paths, "ONEDNN_FROM_FLOPS", 0)
    monkeypatch.setattr(_paths, "ONEDNN_FORWARD_FROM_FLOPS", 0)
    monkeypatch.setattr(_paths, "_slow_default_matmul", lambda: True)
    for module in (_paths, _onednn):
        monkeypatch.setattr(module, "onednn_linear", lambda *args: (calls.append(1), onednn(*args))[1])
    return calls


def test_a_frozen_layer_passes_the_gradient_on(onednn_taken):
    torch.manual_seed(0)
    x = torch.randn(5, 7, requires_grad=True)
    weight, bias = torch.randn(11, 7), torch.randn(11)
    _paths.linear(x, weight, bias).square().sum().backward()
    assert onednn_taken
    found, x.grad = x.grad, None
    torch.nn.functional.linear(x, weight, bias).square().sum().backward()
    assert_close(found, x.grad)
    assert weight.grad is bias.grad is None


@pytest.mark.parametrize("shape", [(7,), (5, 7), (2, 5, 7)])
@pytest.mark.parametrize("with_bias", [True, False])
def test_linear_equals_the_default_way_in_value_and_gradient(onednn_taken, shape, with_bias):
    torch.manual_seed(0)
    x = torch.randn(*shape, requires_grad=True)
    weight = torch.randn(11, 7, requires_grad=True)
    bias = torch.randn(11, requires_grad=True) if with_bias else None
    leaves = [leaf for leaf in (x, weight, bias) if leaf is not None]
    mine, theirs = _paths.linear(x, weight, bias), torch.nn.functional.linear(x, weight, bias)
    assert onednn_taken
    torch.testing.assert_close(mine, theirs)
    cotangent = torch.randn_like(mine)
    for got, wanted in zip(
        torch.autograd.grad(mine, leaves, cotangent),
        torch.autograd.grad(theirs, leaves, cotangent),
        strict=True,
    ):
        torch.testing.assert_close(got, wanted)


def test_linear_can_be_derived_twice(onednn_taken):
    torch.manual_seed(0)
    x, weight = torch.randn(5, 7, requires_grad=True), torch.randn(3, 7, requires_grad=True)

    def curvature(linear):
        (first,) = torch.autograd.grad(linear(x, weight).square().sum(), x, create_graph=True)
        return torch.autograd.grad(first.square().sum(), (x, weight))

    for got, wanted in zip(curvature(_paths.linear), curvature(torch.nn.functional.linear), strict=True):
        torch.testing.assert_close(got, wanted)


def test_linear_takes_the_default_way_where_onednn_has_no_rule(onednn_taken):
    x, weight = torch.randn(5, 7), torch.randn(3, 7)
    _paths.linear(x.double(), weight.double())
    with torch.autocast("cpu", torch.bfloat16):
        assert _paths.linear(x, weight).dtype == torch.bfloat16
    torch.func.vmap(lambda row: _paths.linear(row, weight))(x)
    assert not onednn_taken


@pytest.mark.parametrize("asked", ["x", "weight", "bias", "nothing", "nothing any more"])
def test_small_linears_take_the_default_way(onednn_taken, monkeypatch, asked):
    """The size from which oneDNN pays is smaller where no derivative is asked for."""
    monkeypatch.setattr(_paths, "ONEDNN_FORWARD_FROM_FLOPS", 2 * 5 * 7 * 3)
    monkeypatch.setattr(_paths, "ONEDNN_FROM_FLOPS", 2 * 6 * 7 * 3)
    first = 6 if asked in ("x", "weight", "bias") else 5
    for rows in (first - 1, first):
        leaves = {"x": torch.randn(rows, 7), "weight": torch.randn(3, 7), "bias": torch.randn(3)}
        if asked in leaves:
            leaves[asked].requires_grad_()
        with torch.set_grad_enabled(asked != "nothing any more"):
            if asked == "nothing any more":
                leaves["weight"].requires_grad_()
            output = _paths.linear(**leaves)
        assert bool(onednn_taken) == (rows == first)
        assert output.requires_grad == (asked in leaves)
        torch.testing.assert_close(output, torch.nn.functional.linear(**leaves))


@pytest.mark.filterwarnings("ignore:.torch.jit.script:DeprecationWarning")  # torch uses it for derivatives forward
def test_derivatives_forward_take_the_default_way(onednn_taken):
    x, weight, direction = torch.randn(5, 7), torch.randn(3, 7), torch.randn(5, 7)
    with torch.autograd.forward_ad.dual_level():
        output = _paths.linear(torch.autograd.forward_ad.make_dual(x, direction), weight)
        tangent = torch.autograd.forward_ad.unpack_dual(output).tangent
    assert not onednn_taken
    torch.testing.assert_close(tangent, direction @ weight.T)


# ---- attention: every way has one meaning ----


def attention_inputs(dtype, d_v=7):
    torch.manual_seed(0)
    sizes = (2, 3, 5, 7), (2, 3, 11, 7), (2, 3, 11, d_v)
    return [torch.randn(*size).to(dtype).requires_grad_() for size in sizes]


def ways_agree(monkeypatch, name, setting, dtype, d_v, mask, tolerance):
    results = []
    for changed in (False, True):
        with monkeypatch.context() as patch:
            if changed:
                patch.setattr(_paths, name, setting)
            leaves = attention_inputs(dtype, d_v)
            output = _paths.sdpa(*leaves, mask, is_causal=mask is None, scale=0.3, dropout=0.0)
            results.append((output, *torch.autograd.grad(output.square().sum(), leaves)))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other, **tolerance)


NUM_SCORES = 2 * 3 * 5 * 11
TWO_MASKS = [None, torch.rand(5, 11, generator=torch.Generator().manual_seed(1)) > 0.4]


@pytest.mark.parametrize("mask", TWO_MASKS, ids=["causal", "mask"])
@pytest.mark.parametrize("d_v", [3, 13])
def test_padding_the_widths_changes_nothing(monkeypatch, mask, d_v):
    ways_agree(monkeypatch, "UNEQUAL_EXPLICIT_BELOW_SCORES", 0, torch.float64, d_v, mask, {})


@pytest.mark.parametrize("mask", TWO_MASKS, ids=["causal", "mask"])
def test_the_explicit_way_equals_the_fused_way(monkeypatch, mask):
    ways_agree(monkeypatch, "_explicit_pays", lambda *args: True, torch.float64, 7, mask, {})
    loose = {"rtol": 0.05, "atol": 0.05}
    ways_agree(monkeypatch, "_explicit_pays", lambda *args: True, torch.bfloat16, 7, mask, loose)


@pytest.mark.parametrize("mask", TWO_MASKS, ids=["causal", "mask"])
@pytest.mark.parametrize("explicitly", [False, True])
def test_shared_heads_equal_repeated_heads_in_value_and_gradient(monkeypatch, mask, explicitly):
    """Six heads of queries, three of keys and values: query heads 0 and 1 ask key head 0. No copies for the kernel."""
    seen = spy(monkeypatch)
    monkeypatch.setattr(_paths, "_explicit_pays", lambda *args: explicitly)
    _, key, value = attention_inputs(torch.float64)
    query = torch.randn(2, 6, 5, 7, dtype=torch.float64, requires_grad=True)
    results = []
    for repeated in (False, True):
        k, v = (torch.stack([x, x], dim=2).flatten(1, 2) if repeated else x for x in (key, value))
        output = _paths.sdpa_of_heads(query, k, v, mask, is_causal=mask is None)
        results.append((output, *torch.autograd.grad(output.square().sum(), (query, key, value))))
    torch.testing.assert_close(*results)
    assert len(seen) == (0 if explicitly else 2)
    assert explicitly or seen[0][0][1] is key


def test_bfloat16_without_matrix_units_goes_explicit_up_to_a_length(monkeypatch):
    monkeypatch.setattr(_paths, "_has_amx", lambda: False)
    monkeypatch.setattr(_paths, "BF16_EXPLICIT_UP_TO", 11)
    query = torch.zeros(1, 1, 5, 7, dtype=torch.bfloat16)

    def pays(query, num_keys):
        key = query.new_zeros(1, 1, num_keys, 7)
        return _paths._explicit_pays(query, key, key, 0.0)

    assert pays(query, 11)
    assert not pays(query, 12)
    assert not pays(query.float(), 11)
    monkeypatch.setattr(_paths, "_has_amx", lambda: True)
    assert not pays(query, 11)


def test_unequal_widths_go_explicit_below_a_number_of_scores(monkeypatch):
    """At and above it the widths are padded, and nothing of size N x M is stored."""
    seen = spy(monkeypatch)
    tensors = [x.detach() for x in attention_inputs(torch.float32, d_v=3)]
    results = []
    for threshold in (NUM_SCORES + 1, NUM_SCORES):
        monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", threshold)
        results.append(call(tensors))
        assert len(seen) == (0 if threshold > NUM_SCORES else 1)
    torch.testing.assert_close(*results)
    assert seen[0][0][2].shape[-1] == 7
    torch.testing.assert_close(results[0], _paths.explicit(*tensors, None, scale=7**-0.5)[0])
    monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", NUM_SCORES + 1)
    half = call([x.half() for x in tensors])  # half precision is left to the kernel, which sums in single precision
    assert len(seen) == 2
    torch.testing.assert_close(half.float(), results[0], rtol=0.01, atol=0.01)


def test_unequal_widths_are_derived_by_hand_where_every_query_sees_every_key(monkeypatch):
    monkeypatch.setattr(_paths, "UNEQUAL_BY_HAND_FROM_SCORES", NUM_SCORES)
    monkeypatch.setattr(_paths, "UNEQUAL_EXPLICIT_BELOW_SCORES", NUM_SCORES)
    taken, apply = [], _paths.UnequalWidths.apply
    monkeypatch.setattr(_paths.UnequalWidths, "apply", lambda *args: taken.append(1) or apply(*args))
    query, key, value = attention_inputs(torch.float64, d_v=3)
    plain = {"is_causal": False, "scale": None, "dropout": 0.0}
    output = _paths.sdpa(query, key, value, None, **plain)
    assert len(taken) == 1
    torch.testing.assert_close(output, _paths.explicit(query, key, value, None, scale=7**-0.5)[0])

    _paths.sdpa(query, key, value, TWO_MASKS[1], **plain)
    _paths.sdpa(query, key, value, None, **plain | {"is_causal": True})
    _paths.sdpa(query, key, value, None, **plain | {"dropout": 0.5})
    _paths.sdpa(query, key, key, None, **plain)
    _paths.sdpa_of_heads(query, key[:, :1], value[:, :1], None)  # heads that share keys
    _paths.sdpa(query.detach(), key.detach(), value.detach(), None, **plain)
    with torch.no_grad():
        _paths.sdpa(query, key, value, None, **plain)
    with torch.autocast("cpu"):
        _paths.sdpa(query.float(), key.float(), value.float(), None, **plain)
    monkeypatch.setattr(_paths, "UNEQUAL_BY_HAND_FROM_SCORES", NUM_SCORES + 1)
    _paths.sdpa(query, key, value, None, **plain)
    assert len(taken) == 1


def test_dropout_drops_whole_weights_and_keeps_the_mean():
    torch.manual_seed(0)
    query, key = torch.zeros(1, 1, 500, 2), torch.zeros(1, 1, 40, 2)
    value = torch.ones(1, 1, 40, 1)
    output = _paths.sdpa(query, key, value, None, is_causal=False, scale=None, dropout=0.25)
    kept = output * 40 * 0.75  # how many of the 40 equal weights were kept
    torch.testing.assert_close(kept, kept.round())
    assert abs(output.mean().item() - 1) < 0.02
    assert kept.std() > 1
