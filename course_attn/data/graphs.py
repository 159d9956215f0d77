"""Small real graphs."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor


class Graph(NamedTuple):
    """Edges as a boolean matrix ``(n, n)``, symmetric, without loops; a class for each node ``(n,)``; the names."""

    adjacency: Tensor
    labels: Tensor
    names: list[str]


def karate_club() -> Graph:
    """Return Zachary's karate club: 34 members, 78 friendships, and which of two clubs each joined after the split.

    Raises:
        ModuleNotFoundError: If the package networkx is not installed.

    Source: Zachary, 1977, read by networkx.
    """
    graph = _networkx().karate_club_graph()
    labels = torch.tensor([int(graph.nodes[node]["club"] == "Officer") for node in graph])
    return Graph(_adjacency(graph), labels, [str(node) for node in graph])


def southern_women() -> Graph:
    """Return who came to which of 14 events: 18 women and the events, 89 edges; the class says which is which.

    Raises:
        ModuleNotFoundError: If the package networkx is not installed.

    Source: Davis, Gardner & Gardner, 1941, read by networkx.
    """
    graph = _networkx().davis_southern_women_graph()
    labels = torch.tensor([int(graph.nodes[node]["bipartite"]) for node in graph])
    return Graph(_adjacency(graph), labels, [str(node) for node in graph])


def _networkx():  # type: ignore[no-untyped-def]
    try:
        import networkx
    except ModuleNotFoundError:
        raise ModuleNotFoundError("the graphs need the package networkx: pip install networkx") from None
    return networkx


def _adjacency(graph) -> Tensor:  # type: ignore[no-untyped-def]
    place = {node: i for i, node in enumerate(graph)}
    adjacency = torch.zeros(len(place), len(place), dtype=torch.bool)
    for first, second in graph.edges:
        adjacency[place[first], place[second]] = adjacency[place[second], place[first]] = True
    return adjacency
