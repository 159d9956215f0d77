"""Attention along the edges of a graph."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from specification import normal
from torch.testing import assert_close

from course_attn.attention import attention
from course_attn.graph import GraphAttention, adjacency_mask, edge_attention, edge_index, edge_softmax

PATH = [(0, 1), (1, 2), (2, 3)]  # 0 - 1 - 2 - 3, and node 4 alone


def test_edges_by_hand():
    assert edge_index([(0, 2)], 3, both_ways=False, loops=False).tolist() == [[0], [2]]
    assert edge_index([(0, 2), (0, 2), (2, 0)], 3, loops=False).T.tolist() == [[2, 0], [0, 2]]  # sorted by target
    assert edge_index([(1, 1)], 2).T.tolist() == [[0, 0], [1, 1]]
    assert edge_index([], 2, loops=False).shape == (2, 0)


def test_the_target_attends_to_the_source():
    mask = adjacency_mask(edge_index([(0, 2)], 3, both_ways=False, loops=False), 3)
    assert mask.nonzero().tolist() == [[2, 0]]


edge_lists = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@given(edge_lists, st.booleans(), st.booleans())
def test_edges_become_a_mask(pairs, both_ways, loops):
    mask = adjacency_mask(edge_index(pairs, 7, both_ways=both_ways, loops=loops), 7)
    for i in range(7):
        for j in range(7):
            linked = (j, i) in pairs or (both_ways and (i, j) in pairs) or (loops and i == j)
            assert mask[i, j].item() == linked


@given(edge_lists)
def test_along_the_edges_is_attention_with_that_mask(pairs):
    edges = edge_index(pairs, 7, loops=False)  # some nodes have no edge at all: dead rows
    mask = adjacency_mask(edges, 7)
    query, key, value = normal(2, 7, 5, seed=1), normal(2, 7, 5, seed=2), normal(2, 7, 3, seed=3)
    for x in (query, key, value):
        x.requires_grad_()
    output, weights = edge_attention(query, key, value, edges)
    expected, dense = attention(query, key, value, mask)
    assert_close(output, expected)
    assert_close(weights, dense[:, edges[1], edges[0]])
    upstream = normal(2, 7, 3, seed=4)
    ours = torch.autograd.grad((output * upstream).sum(), (query, key, value))
    theirs = torch.autograd.grad((expected * upstream).sum(), (query, key, value))
    assert_close(ours, theirs)


def test_causal_and_full_attention_are_graphs():
    x = normal(5, 3)
    everyone = [(j, i) for i in range(5) for j in range(5)]
    before = [(j, i) for i in range(5) for j in range(i + 1)]
    for pairs, mask in ((everyone, None), (before, torch.ones(5, 5).tril().bool())):
        edges = edge_index(pairs, 5, both_ways=False, loops=False)
        assert_close(edge_attention(x, x, x, edges)[0], attention(x, x, x, mask)[0])


def test_edge_softmax_by_hand_and_without_overflow():
    target = torch.tensor([0, 0, 2])
    weights = edge_softmax(torch.tensor([[math.log(1.0), math.log(3.0), 5.0], [1000.0, 1000.0, -1000.0]]), target, 3)
    assert_close(weights, torch.tensor([[0.25, 0.75, 1.0], [0.5, 0.5, 1.0]]))


def gat_by_loops(layer, nodes, mask):
    """One graph (N, d_in): score every allowed pair, share, mix, one head after the other."""
    heads = []
    for head in range(layer.a_target.shape[0]):
        width = layer.a_target.shape[1]
        weight = layer.project.weight[head * width : (head + 1) * width]
        projected = [weight @ node for node in nodes]
        rows = []
        for i, own in enumerate(projected):
            powers = {}
            for j, other in enumerate(projected):
                if mask[i, j]:
                    score = layer.a_target[head] @ own + layer.a_source[head] @ other
                    powers[j] = torch.exp(score if score > 0 else 0.2 * score)
            mixture = torch.zeros(width, dtype=nodes.dtype)
            for j, power in powers.items():
                mixture = mixture + power / sum(powers.values()) * projected[j]
            rows.append(mixture)
        heads.append(torch.stack(rows))
    return (torch.cat(heads, dim=-1) if layer.join == "concatenate" else sum(heads) / len(heads)) + layer.bias


@pytest.mark.parametrize("join", ["concatenate", "mean"])
def test_gat_by_loops_dense_and_along_edges(join):
    layer = GraphAttention(7, 3, num_heads=2, join=join).double()
    torch.nn.init.normal_(layer.bias)
    edges = edge_index(PATH, 5, loops=False)
    mask = adjacency_mask(edges, 5)
    nodes = normal(2, 5, 7)
    dense, weights = layer(nodes, mask, return_weights=True)
    sparse, on_edges = layer.along_edges(nodes, edges, return_weights=True)
    for b in range(2):
        assert_close(dense[b], gat_by_loops(layer, nodes[b], mask))
    assert_close(layer(nodes, mask), dense)
    assert_close(sparse, dense)
    assert_close(layer.along_edges(nodes, edges), dense)
    assert_close(on_edges, weights[..., edges[1], edges[0]])
    assert_close(weights.sum(-1)[..., :4], torch.ones(2, 2, 4, dtype=torch.float64))
    assert not weights[..., 4, :].any(), "node 4 has no neighbour"


def test_gat_gradients_agree_and_reach_every_parameter():
    layer = GraphAttention(5, 3, num_heads=2).double()
    edges = edge_index(PATH, 5)
    nodes, upstream = normal(5, 5), normal(5, 6, seed=3)
    wanted = list(layer.parameters())
    dense = torch.autograd.grad((layer(nodes, adjacency_mask(edges, 5)) * upstream).sum(), wanted)
    sparse = torch.autograd.grad((layer.along_edges(nodes, edges) * upstream).sum(), wanted)
    assert_close(dense, sparse)
    assert all(g.abs().sum() > 0 for g in dense)


def test_gradcheck():
    edges = edge_index([(0, 1), (2, 1)], 3)
    layer = GraphAttention(2, 2).double()
    nodes = normal(3, 2).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: layer.along_edges(x, edges), (nodes,))
    assert torch.autograd.gradcheck(lambda x: edge_attention(x, x, x, edges)[0], (nodes,))


def test_an_edge_that_is_there_twice_counts_twice():
    query, key, value = normal(2, 4, seed=1), normal(2, 4, seed=2), normal(2, 3, seed=3)
    edges = torch.tensor([[0, 1, 1], [0, 0, 0]])
    output, weights = edge_attention(query, key, value, edges)
    powers = torch.exp(query[0] @ key.T / 2) * torch.tensor([1, 2])
    assert_close(weights, (powers / powers.sum())[[0, 1, 1]] / torch.tensor([1, 2, 2]))
    assert_close(output[0], powers @ value / powers.sum())
    assert edge_index(edges.T, 2, both_ways=False, loops=False).tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize("bad", [math.nan, math.inf, 3e38])
@pytest.mark.parametrize("way", ["edges", "gat by mask", "gat along edges"])
def test_a_node_matters_to_its_neighbours_only_whatever_it_holds(way, bad):
    """Node 3 of 0 - 1 - 2 - 3 is heard by 2 and by itself."""
    edges, layer, results = edge_index(PATH, 5), GraphAttention(3, 2, 2), []
    for held in (bad, 0.0):
        nodes = normal(5, 3, dtype=torch.float32)
        nodes[3] = held
        nodes.requires_grad_()
        if way == "edges":
            output, _ = edge_attention(nodes, nodes, nodes, edges)
        else:
            output = layer(nodes, adjacency_mask(edges, 5)) if way == "gat by mask" else layer.along_edges(nodes, edges)
        assert held == 0.0 or output.isfinite().all(-1).tolist() == [True, True, False, False, True]
        others = output[[0, 1, 4]]
        results.append((others, *torch.autograd.grad((others * normal(*others.shape)).sum(), nodes)))
    assert_close(*results)
    assert not results[0][1][3].any()


def test_news_travels_one_edge_a_layer():
    layer = GraphAttention(3, 3).double()
    mask = adjacency_mask(edge_index(PATH, 5), 5)
    nodes = normal(5, 3)
    changed = nodes.clone()
    changed[0] += 1
    once = (layer(nodes, mask) != layer(changed, mask)).any(-1)
    twice = (layer(layer(nodes, mask), mask) != layer(layer(changed, mask), mask)).any(-1)
    assert once.tolist() == [True, True, False, False, False]
    assert twice.tolist() == [True, True, True, False, False]


@given(st.permutations(range(5)))
def test_renaming_the_nodes_renames_the_rows(order):
    layer = GraphAttention(3, 2, num_heads=2).double()
    mask, nodes = adjacency_mask(edge_index(PATH, 5), 5), normal(5, 3)
    assert_close(layer(nodes[order], mask[order][:, order]), layer(nodes, mask)[order])


def edges(*pairs):
    return torch.tensor(pairs).T


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: edge_index([(0, 3)], 3),
            "edge_index: edges must be node numbers from 0 to 2, got numbers from 0 to 3",
        ),
        (lambda: edge_index([(0, -1)], 3), "got numbers from -1 to 0"),
        (lambda: edge_index([(0, 1, 2)], 3), r"edges must be whole numbers of shape \(E, 2\)"),
        (lambda: edge_index([(0.0, 1.0)], 3), r"edges must be whole numbers of shape \(E, 2\)"),
        (lambda: edge_index([], 0), "num_nodes must be"),
        (
            lambda: adjacency_mask(torch.zeros(3, 2).long(), 3),
            r"whole numbers of shape \(2, E\).*edge_index makes them",
        ),
        (lambda: adjacency_mask(edges((0, 5)), 3), "adjacency_mask: edges must be node numbers from 0 to 2"),
        (
            lambda: edge_softmax(torch.zeros(3), torch.zeros(2).long(), 2),
            r"edge_softmax: target must be one node for each score, \(E,\), got shape \(2,\)",
        ),
        (
            lambda: edge_attention(torch.zeros(3, 2), torch.zeros(4, 2), torch.zeros(4, 2), edges((0, 1))),
            r"edge_attention: key must be of shape \(..., 3, d\).*same nodes",
        ),
        (lambda: GraphAttention(0, 2), "GraphAttention: d_in must be"),
        (lambda: GraphAttention(2, 2, join="sum"), "join must be one of 'concatenate', 'mean'"),
        (lambda: GraphAttention(2, 2, negative_slope=1), "negative_slope must be a number from 0 to below 1"),
        (
            lambda: GraphAttention(2, 2)(torch.zeros(3, 5), torch.ones(3, 3).bool()),
            r"nodes must be of shape \(..., N, 2\)",
        ),
        (lambda: GraphAttention(2, 2)(torch.zeros(3, 2), torch.ones(3, 3)), "mask must be of dtype bool"),
        (lambda: GraphAttention(2, 2)(torch.zeros(3, 2), torch.ones(2, 3).bool()), "mask must be broadcastable"),
        (lambda: GraphAttention(2, 2).along_edges(torch.zeros(3, 2), edges((0, 3))), "edges must be node numbers"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: edge_index(None, 3), "edge_index: edges must be whole numbers of shape (E, 2), got NoneType None"),
        (lambda: edge_index("abc", 3), "edge_index: edges must be whole numbers of shape (E, 2), got str 'abc'"),
        (
            lambda: edge_index([[0, 1], [2]], 3),
            "edge_index: edges must be whole numbers of shape (E, 2), got list [[0, 1], [2]]",
        ),
        (
            lambda: edge_index([[0.0, 1.0]], 3),
            "edge_index: edges must be whole numbers of shape (E, 2), got shape (1, 2), float32",
        ),
        (
            lambda: adjacency_mask(torch.tensor([[0, 1], [1, 2]]), None),
            "adjacency_mask: num_nodes must be a whole number of at least 1, got NoneType None",
        ),
        (
            lambda: adjacency_mask(torch.tensor([[0, 1], [1, 2]]) > 0, 3),
            "adjacency_mask: edges must be whole numbers of shape (2, E), got shape (2, 2), bool",
        ),
        (
            lambda: adjacency_mask(1j * torch.tensor([[0, 1], [1, 2]]), 3),
            "adjacency_mask: edges must be whole numbers of shape (2, E), got shape (2, 2), complex64",
        ),
        (
            lambda: edge_softmax(None, torch.tensor([[0, 1], [1, 2]])[1], 3),
            "edge_softmax: scores must be a floating-point tensor, got NoneType None",
        ),
        (
            lambda: edge_softmax(torch.tensor([[0, 1], [1, 2]])[0], torch.tensor([[0, 1], [1, 2]])[1], 3),
            "edge_softmax: scores must be a floating-point tensor, got shape (2,), int64",
        ),
        (
            lambda: edge_softmax(torch.zeros(2), [0, 1], 3),
            "edge_softmax: target must be one node for each score, (E,), got list [0, 1]",
        ),
        (
            lambda: edge_softmax(torch.zeros(2), torch.tensor([0.0, 1.0]), 3),
            "edge_softmax: edges must be whole numbers of shape (2, E)",
        ),
        (
            lambda: edge_softmax(torch.zeros(2), torch.tensor([0, 3]), 3),
            "edge_softmax: edges must be node numbers from 0 to 2, got numbers from 0 to 3",
        ),
        (
            lambda: edge_softmax(torch.zeros(2), torch.tensor([[0, 1], [1, 2]])[1], -3),
            "edge_softmax: num_nodes must be a whole number of at least 1, got int -3",
        ),
        (
            lambda: GraphAttention(4, 3)(torch.zeros(3, 4).double(), torch.ones(3, 3).bool()),
            "GraphAttention: nodes must be of the layer's dtype, float32, got shape (3, 4), float64",
        ),
        (lambda: GraphAttention("4", 3), "GraphAttention: d_in must be a whole number of at least 1, got str '4'"),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16], ids=str)
def test_half_precision_rounds_the_result_only(dtype):
    """A node with 2003 neighbours: a sum that grows edge by edge stands still at 256 ones in bfloat16."""
    num_nodes, half_step = 2003, torch.finfo(dtype).eps / 2
    edges = edge_index([[0, i] for i in range(num_nodes)], num_nodes, both_ways=True)
    query, key, value = (0.3 * normal(num_nodes, 5, seed=seed).to(dtype) for seed in (1, 2, 3))
    output, weights = edge_attention(query, key, value, edges)
    assert output.dtype == weights.dtype == dtype
    # The scores are rounded before the exponential, the weights after; the output is a mean of values below 2.
    exact_output, exact = edge_attention(query.double(), key.double(), value.double(), edges)
    assert_close(weights.double(), exact, rtol=4 * half_step, atol=2.0**-24)
    assert_close(output.double(), exact_output, rtol=2 * half_step, atol=2 * half_step)
    ones = torch.zeros(num_nodes, dtype=torch.float64).index_add(0, edges[1], weights.double())
    assert_close(ones, torch.ones_like(ones), rtol=0, atol=half_step + num_nodes * 2.0**-25)


def test_edges_on_another_device_are_named():
    edges = edge_index(PATH, 5)
    nodes = torch.zeros(5, 3, device="meta")
    message = "edges must be on the nodes' device, meta, got device cpu"
    with pytest.raises(ValueError, match=message):
        edge_attention(nodes, nodes, nodes, edges)
    with pytest.raises(ValueError, match=message):
        GraphAttention(3, 4).to("meta").along_edges(nodes, edges)
    with pytest.raises(ValueError, match="target must be on the scores' device, meta, got device cpu"):
        edge_softmax(torch.zeros(edges.shape[1], device="meta"), edges[1], 5)
