"""Small real graphs: the counts that are known."""

import pytest

from course_attn.data import karate_club, southern_women


@pytest.mark.parametrize(("read", "nodes", "edges"), [(karate_club, 34, 78), (southern_women, 32, 89)])
def test_counts_symmetry_and_no_loops(read, nodes, edges):
    graph = read()
    assert graph.adjacency.shape == (nodes, nodes)
    assert len(graph.labels) == len(graph.names) == nodes
    assert graph.adjacency.sum() == 2 * edges
    assert graph.adjacency.equal(graph.adjacency.T)
    assert not graph.adjacency.diagonal().any()


def test_karate_club_classes():
    graph = karate_club()
    assert graph.labels.bincount().tolist() == [17, 17]
    assert graph.labels[0] == 0
    assert graph.labels[33] == 1


def test_southern_women_come_only_to_events():
    graph = southern_women()
    assert graph.labels.bincount().tolist() == [18, 14]
    same = graph.labels[:, None] == graph.labels[None]
    assert not (graph.adjacency & same).any()
