"""Attention along the edges of a graph: the mask says who is a neighbour of whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_attn._checks import (
    check_axes,
    check_between,
    check_choice,
    check_count,
    check_mask,
    check_query_key,
    check_same_device,
    check_value,
    describe,
    error,
    whole_numbers,
)
from course_attn._hidden import both_ways, by_rows, harmless, kept_apart, may_look
from course_attn._numbers import check_numbers
from course_attn._readable import numbers_can_be_read, root
from course_attn.normalisers import softmax_weights

Edges = Tensor | Sequence[Sequence[int]]


def edge_index(edges: Edges, num_nodes: int, *, both_ways: bool = True, loops: bool = True) -> Tensor:
    """Bring a list of edges into one form: source above target, each edge once, sorted by target.

    Args:
        edges: Pairs ``(source, target)``, a list or a tensor ``(E, 2)``. The target attends to the source.
        num_nodes: ``N``; nodes are numbered from 0.
        both_ways: Add the way back of every edge.
        loops: Let every node attend to itself.

    Returns:
        Whole numbers ``(2, E')``.

    Raises:
        ValueError: If the edges are not pairs of node numbers below ``num_nodes``.

    Chapter: Beyond.
    """
    check_count("edge_index", "num_nodes", num_nodes)
    check_numbers("edge_index", "edges", edges)  # how many there are once each is their own matter
    pairs = whole_numbers("edge_index", "edges", edges, "(E, 2)")
    if pairs.numel() == 0:
        pairs = pairs.new_empty(0, 2)
    if pairs.dim() != 2 or pairs.shape[1] != 2:
        raise error("edge_index", "edges", "whole numbers of shape (E, 2)", describe(pairs))
    _check_edges("edge_index", pairs.T, num_nodes)
    target_source = pairs.flip(1)
    if both_ways:
        target_source = torch.cat([target_source, target_source.flip(1)])
    if loops:
        nodes = torch.arange(num_nodes, device=pairs.device)
        target_source = torch.cat([target_source, torch.stack([nodes, nodes], dim=1)])
    return target_source.unique(dim=0).flip(1).T.contiguous()  # (2, E')


def adjacency_mask(edges: Tensor, num_nodes: int) -> Tensor:
    """Write the edges as a mask: ``True`` where the target (row) attends to the source (column).

    Args:
        edges: ``(2, E)`` from :func:`edge_index`.
        num_nodes: ``N``.

    Returns:
        Boolean ``(N, N)``, a mask for any attention of the package.

    Raises:
        ValueError: If the edges do not have that form.

    Chapter: Beyond.
    """
    check_count("adjacency_mask", "num_nodes", num_nodes)
    _check_edges("adjacency_mask", edges, num_nodes)
    mask = torch.zeros(num_nodes, num_nodes, dtype=torch.bool, device=edges.device)
    return mask.index_put((edges[1], edges[0]), mask.new_ones(()))


def edge_softmax(scores: Tensor, target: Tensor, num_nodes: int) -> Tensor:
    r"""Softmax over the edges that end at the same node.

    .. math:: w_e = e^{s_e} \Big/ \sum_{e' :\, t(e') = t(e)} e^{s_{e'}}

    Args:
        scores: ``(..., E)``, one for each edge.
        target: ``(E,)``, the node at which each edge ends.
        num_nodes: ``N``.

    Returns:
        Weights ``(..., E)``; those of the edges of one target sum to 1.

    Raises:
        ValueError: If the scores are not floating-point numbers, or there is not one node below ``num_nodes`` for each.

    Source: Veličković et al., 2018, equation 2, arXiv 1710.10903.
    Chapter: Beyond.
    """
    check_count("edge_softmax", "num_nodes", num_nodes)
    if not isinstance(scores, Tensor) or not scores.is_floating_point():  # without edges: empty
        raise error("edge_softmax", "scores", "a floating-point tensor", describe(scores))
    if not isinstance(target, Tensor) or target.dim() != 1 or scores.shape[-1:] != target.shape:
        raise error("edge_softmax", "target", "one node for each score, (E,)", describe(target))
    check_same_device("edge_softmax", "target", target, scores, "the scores'")
    _check_edges("edge_softmax", torch.stack([target, target]), num_nodes)
    return _softmax_to(scores, target, num_nodes)


def _softmax_to(scores: Tensor, target: Tensor, num_nodes: int) -> Tensor:
    """:func:`edge_softmax` of what is known to fit. A sum that grows edge by edge stands still in half precision."""
    dtype, scores = scores.dtype, scores.to(torch.promote_types(scores.dtype, torch.float32))
    where = target.expand(scores.shape)
    rows = (*scores.shape[:-1], num_nodes)
    # The largest score of each target is taken off, so that no power overflows; it cancels, hence detach.
    top = scores.new_full(rows, -math.inf).scatter_reduce(-1, where, scores.detach(), "amax")
    powers = (scores - top.gather(-1, where)).exp()
    total = scores.new_zeros(rows).scatter_add(-1, where, powers)
    return (powers / total.gather(-1, where)).to(dtype)


def edge_attention(query: Tensor, key: Tensor, value: Tensor, edges: Tensor) -> tuple[Tensor, Tensor]:
    r"""Scaled dot-product attention computed along the edges only: time and memory grow with ``E``, not with
    ``N N``.

    Equal to ``attention(query, key, value, adjacency_mask(edges, N))`` for edges that are each there once, as
    :func:`edge_index` gives them; one that is there twice counts twice. A node without edges gets zeros.

    Args:
        query: ``(..., N, d)``.
        key: ``(..., N, d)``.
        value: ``(..., N, d_v)``.
        edges: ``(2, E)`` from :func:`edge_index`.

    Returns:
        ``(output, weights)`` of shapes ``(..., N, d_v)`` and ``(..., E)``: one weight for each edge.

    Raises:
        ValueError: If the shapes do not fit, or an edge names a node that does not exist.

    Chapter: Beyond.
    """
    check_query_key("edge_attention", query, key)
    check_value("edge_attention", value, key)
    num_nodes = query.shape[-2]
    check_axes("edge_attention", "key", key, "...", num_nodes, "d", advice="queries and keys are the same nodes")
    _check_edges("edge_attention", edges, num_nodes, query)

    def scores(query: Tensor, key: Tensor) -> Tensor:
        along = query[..., edges[1], :] * key[..., edges[0], :]  # (..., E, d)
        return along.sum(-1) / root(query.shape[-1])

    return _along(scores, query, key, value, edges)


def _along(
    scores: Callable[[Tensor, Tensor], Tensor], query: Tensor, key: Tensor, value: Tensor, edges: Tensor
) -> tuple[Tensor, Tensor]:
    """Mix along the edges, ``(..., N, d_v)``, with weights ``(..., E)`` for scores ``(..., E)`` of query and key."""
    num_nodes = query.shape[-2]

    def mix(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, ...]:
        weights = _softmax_to(scores(query, key), edges[1], num_nodes)
        return _gather_up(weights, value, edges, num_nodes), weights

    if not may_look(query) or harmless(query, key, value):
        return mix(query, key, value)  # type: ignore[return-value]
    # A node of NaN reaches its neighbours; the derivative of all others is kept clear of them.
    as_it_comes, apart, query_bad, key_bad = both_ways(mix, query, key, value)
    reached = query_bad | (query.new_zeros(key_bad.shape).index_add(-1, edges[1], key_bad[..., edges[0]].to(query)) > 0)
    output = torch.where(reached[..., None], as_it_comes[0], apart[0])
    return output, torch.where(reached[..., edges[1]], as_it_comes[1], apart[1])


def _gather_up(weights: Tensor, value: Tensor, edges: Tensor, num_nodes: int) -> Tensor:
    """Sum at each target what its edges bring: ``(..., N, d_v)``."""
    work = torch.promote_types(value.dtype, torch.float32)  # as in _softmax_to
    brought = weights[..., None].to(work) * value[..., edges[0], :]  # (..., E, d_v)
    total = brought.new_zeros(*brought.shape[:-2], num_nodes, brought.shape[-1])
    return total.index_add(-2, edges[1], brought).to(value.dtype)


class GraphAttention(nn.Module):
    r"""The GAT layer: additive scores, a softmax over the neighbours, several heads.

    .. math:: s_{ij} = \mathrm{LeakyReLU}(a_\mathrm{target} \cdot W x_i + a_\mathrm{source} \cdot W x_j), \qquad
        y_i = \sum_{j \in \mathcal N(i)} \mathrm{softmax}_j(s_{ij})\, W x_j

    Called with a mask it computes all ``N N`` scores and reads like the formula; :meth:`along_edges` gives
    the same output in time and memory proportional to the number of edges.

    Args:
        d_in: Width of a node's features.
        d_out: Width of one head's output.
        num_heads: ``h``.
        join: ``"concatenate"`` the heads (width ``h d_out``), or take their ``"mean"``, as in a last layer.
        negative_slope: Of the LeakyReLU.

    Raises:
        ValueError: If a size is not a positive whole number, ``join`` is unknown, or a call's shapes do not
            fit.

    Source: Veličković et al., 2018, equations 1 to 6, arXiv 1710.10903.
    Chapter: Beyond.
    """

    def __init__(
        self, d_in: int, d_out: int, num_heads: int = 1, join: str = "concatenate", negative_slope: float = 0.2
    ):
        super().__init__()
        for name, size in (("d_in", d_in), ("d_out", d_out), ("num_heads", num_heads)):
            check_count("GraphAttention", name, size)
        check_choice("GraphAttention", "join", join, ("concatenate", "mean"))
        check_between("GraphAttention", "negative_slope", negative_slope, 0, 1)
        self.d_in, self.join, self.negative_slope = d_in, join, negative_slope
        self.project = nn.Linear(d_in, num_heads * d_out, bias=False)
        self.a_target = nn.Parameter(torch.empty(num_heads, d_out))
        self.a_source = nn.Parameter(torch.empty(num_heads, d_out))
        self.bias = nn.Parameter(torch.zeros(num_heads * d_out if join == "concatenate" else d_out))
        for weight in (self.project.weight, self.a_target, self.a_source):
            nn.init.xavier_uniform_(weight)

    def forward(self, nodes: Tensor, mask: Tensor, *, return_weights: bool = False) -> Tensor | tuple[Tensor, Tensor]:
        """Attend where the mask allows.

        Args:
            nodes: ``(..., N, d_in)``.
            mask: Boolean, broadcastable to ``(..., h, N, N)``, as from :func:`adjacency_mask`. A node has no influence
                on those that may not attend to it, whatever it holds.
            return_weights: Also return the weights.

        Returns:
            ``(..., N, h d_out)``, or ``(..., N, d_out)`` for the mean; with weights, a pair with
            ``(..., h, N, N)``.
        """
        heads, of_target, of_source = self._parts(nodes)
        check_mask("GraphAttention", mask, (*of_target.shape, of_target.shape[-1]), heads)

        def mix(target: Tensor, source: Tensor, heads: Tensor) -> tuple[Tensor, ...]:
            scores = F.leaky_relu(target + source.mT, self.negative_slope)  # (..., h, N, 1) + (..., h, 1, N)
            weights = softmax_weights(scores, mask)  # (..., h, N, N)
            return weights @ heads, weights

        three = of_target[..., None], of_source[..., None], heads
        mixed, weights = mix(*three) if harmless(*three) else kept_apart(mix, *three, mask)
        output = self._join(mixed)
        return (output, weights) if return_weights else output

    def along_edges(
        self, nodes: Tensor, edges: Tensor, *, return_weights: bool = False
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Attend along ``edges (2, E)``; the weights, if wanted, have shape ``(..., h, E)``.

        An edge that is there twice counts twice; :func:`edge_index` gives each once.
        """
        heads, of_target, of_source = self._parts(nodes)
        num_nodes = nodes.shape[-2]
        _check_edges("GraphAttention", edges, num_nodes, nodes)

        def scores(target: Tensor, source: Tensor) -> Tensor:
            return F.leaky_relu(target[..., edges[1], 0] + source[..., edges[0], 0], self.negative_slope)

        mixed, weights = _along(scores, of_target[..., None], of_source[..., None], heads, edges)  # weights (..., h, E)
        output = self._join(mixed)
        return (output, weights) if return_weights else output

    def _parts(self, nodes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Projected features ``(..., h, N, d_out)``, and what each node adds to a score: ``(..., h, N)`` twice."""
        check_axes("GraphAttention", "nodes", nodes, "...", "N", self.d_in, like=self.project)
        heads = by_rows(self.project, nodes).unflatten(-1, self.a_target.shape).transpose(-3, -2)
        dots = lambda a: by_rows(lambda rows: (rows * a[:, None]).sum(-1, keepdim=True), heads)[..., 0]  # noqa: E731
        return heads, dots(self.a_target), dots(self.a_source)

    def _join(self, heads: Tensor) -> Tensor:
        """``(..., h, N, d_out)`` to ``(..., N, h d_out)`` or ``(..., N, d_out)``."""
        joined = heads.transpose(-3, -2).flatten(-2) if self.join == "concatenate" else heads.mean(-3)
        return joined + self.bias


def _check_edges(where: str, edges: Tensor, num_nodes: int, nodes: Tensor | None = None) -> None:
    """Require pairs of node numbers, on the device of the nodes' features if there are any."""
    whole = isinstance(edges, Tensor) and edges.dtype in (torch.int64, torch.int32)
    if not whole or edges.dim() != 2 or edges.shape[0] != 2:
        raise error(where, "edges", "whole numbers of shape (2, E)", describe(edges), "edge_index makes them")
    if nodes is not None:
        check_same_device(where, "edges", edges, nodes, "the nodes'")
    if not edges.numel() or not numbers_can_be_read(edges):
        return
    if not (int(edges.min()) >= 0 and int(edges.max()) < num_nodes):
        got = f"numbers from {int(edges.min())} to {int(edges.max())}"
        raise error(where, "edges", f"node numbers from 0 to {num_nodes - 1}", got)
