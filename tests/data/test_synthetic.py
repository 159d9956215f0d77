"""Made-up tasks."""

import pytest
import torch

from course_attn.data import copy_batch, odd_one_batch, reverse_batch


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("task", [copy_batch, reverse_batch])
def test_tokens_depend_on_the_generator_alone(task):
    one, same, other = (task(seeded(seed), 3, 7, 11) for seed in (1, 1, 2))
    assert torch.equal(one.source, same.source)
    assert not torch.equal(one.source, other.source)
    assert one.source.shape == one.target.shape == (3, 7)
    assert one.source.min() >= 0
    assert one.source.max() < 11


def test_copy_and_reverse():
    source, target = copy_batch(seeded(), 2, 5, 13)
    assert torch.equal(source, target)
    assert source.data_ptr() != target.data_ptr()
    source, target = reverse_batch(seeded(), 2, 5, 13)
    assert [row[::-1] for row in source.tolist()] == target.tolist()


def test_every_token_of_the_vocabulary_comes():
    assert copy_batch(seeded(), 50, 11, 5).source.unique().tolist() == [0, 1, 2, 3, 4]


def test_the_odd_one_is_the_farthest_from_the_others():
    vectors, odd = odd_one_batch(seeded(), 200, 7, 13, spread=0.05)
    distance = torch.cdist(vectors, vectors).sum(-1)
    assert torch.equal(distance.argmax(-1), odd)
    assert odd.unique().tolist() == list(range(7))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: copy_batch(seeded(), 0, 3, 5), "copy_batch: count must be a whole number"),
        (lambda: reverse_batch(seeded(), 2, 3, 0), "vocabulary must be a whole number"),
        (lambda: odd_one_batch(seeded(), 2, 2, 5), "size must be at least 3, got 2"),
        (lambda: odd_one_batch(seeded(), 2, 3, -5), "width must be a whole number"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_batches_lie_where_the_generator_is():
    """Also where torch's default device is another: a CPU generator draws on no GPU."""
    for make in (
        lambda g: copy_batch(g, 2, 5, 7),
        lambda g: reverse_batch(g, 2, 5, 7),
        lambda g: odd_one_batch(g, 2, 5, 7),
    ):
        wanted = make(seeded())
        with torch.device("meta"):
            drawn = make(seeded())
        assert all(torch.equal(mine, theirs) for mine, theirs in zip(drawn, wanted, strict=True))
