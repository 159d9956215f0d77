"""A model step by step; what searches make of the steps stands in test_decoding.py, the lean way in test_lean.py."""

import pytest
import torch
from torch.testing import assert_close

from course_attn.cache import KeyValueCache
from course_attn.language_model import CausalLanguageModel
from course_attn.positional import SinusoidalPositions
from course_attn.steps import PromptSteps, SourceSteps
from course_attn.transformer import Transformer

V, D, HEADS, LENGTH, PAD = 11, 12, 3, 7, 0


def transformer():
    torch.manual_seed(3)
    return Transformer(V, V, D, HEADS, 17, 2, positions=SinusoidalPositions(D), norm="after").double().eval()


def sources():
    source = torch.randint(1, V, (3, 5), generator=torch.Generator().manual_seed(5))
    source[1, 3:] = PAD
    return source


def tokens(rows=3):
    return torch.randint(1, V, (rows, LENGTH), generator=torch.Generator().manual_seed(6))


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("cuts", [(3, 4, 5, 7), (1, 3, 4, 7), (7,)])
def test_pieces_of_any_length_give_the_scores_of_the_whole(cached, cuts):
    """One new place, several, then one again: the lean way and the modules share their caches."""
    model = transformer()
    whole = model(sources(), tokens())
    steps, start = SourceSteps(model, sources(), LENGTH, cached=cached), 0
    for end in cuts:
        assert_close(steps(tokens()[:, start:end]), whole[:, end - 1])
        start = end


class Small:
    """All that SourceModel and PromptModel name, and nothing else: no module, no class of the package."""

    training = False

    def __init__(self, model):
        self.decoder = model.decoder
        self.model = model
        if isinstance(model, CausalLanguageModel):
            self.embedding = model.embedding

    def encode(self, source):
        return self.model.encode(source)

    def decode(self, target, memory, memory_mask, *, caches=None, memory_caches=None):
        return self.model.decode(target, memory, memory_mask, caches=caches, memory_caches=memory_caches)

    def __call__(self, tokens, *, caches=None):
        return self.model(tokens, caches=caches)


def test_any_model_with_these_parts_will_do():
    model = transformer()
    theirs, ours = SourceSteps(Small(model), sources(), LENGTH), SourceSteps(model, sources(), LENGTH)
    torch.manual_seed(4)
    language = CausalLanguageModel(V, D, HEADS, 17, 2, positions=None).double().eval()
    pairs = [(theirs, ours), (PromptSteps(Small(language), 3, LENGTH), PromptSteps(language, 3, LENGTH))]
    for one, other in pairs:
        for i in range(LENGTH):
            assert_close(one(tokens()[:, i : i + 1]), other(tokens()[:, i : i + 1]))


def test_room_is_reserved_for_the_memory_and_the_length():
    steps = SourceSteps(transformer(), sources(), LENGTH)
    assert [cache.max_length for cache in steps.caches] == [LENGTH, LENGTH]
    assert [cache.max_length for cache in steps.memory_caches] == [5, 5]
    assert all(isinstance(cache, KeyValueCache) for cache in steps.caches)
    assert SourceSteps(transformer(), sources(), LENGTH, cached=False).caches is None


def test_the_memory_is_projected_once(monkeypatch):
    model = transformer()
    steps, widths, write = SourceSteps(model, sources(), LENGTH), [], KeyValueCache.write

    def counted(cache, key, value):
        widths.append(key.shape[2])
        return write(cache, key, value)

    monkeypatch.setattr(KeyValueCache, "write", counted)
    for i in range(LENGTH):
        steps(tokens()[:, i : i + 1])
    assert widths.count(5) == 2  # one projection of the five places of the source for each of two blocks
    assert widths.count(1) == 2 * LENGTH


def test_a_source_without_padding_needs_no_mask():
    assert SourceSteps(transformer(), tokens(), LENGTH).memory_mask is None
    assert SourceSteps(transformer(), sources(), LENGTH).memory_mask is not None


@pytest.mark.parametrize("rows", [[2, 0, 1], [1, 1, 2]])
def test_rows_may_change_their_source_in_the_middle(rows):
    model, rows = transformer(), torch.tensor(rows)
    steps = SourceSteps(model, sources(), LENGTH)
    for i in range(3):
        steps(tokens()[:, i : i + 1])
    steps.reorder(rows)
    wanted = model(sources()[rows], tokens()[rows, :4])[:, -1]
    assert_close(steps(tokens()[rows, 3:4]), wanted)


def test_too_many_steps_are_refused():
    steps = SourceSteps(transformer(), sources(), 2)
    steps(tokens()[:, :1])
    steps(tokens()[:, 1:2])
    with pytest.raises(ValueError, match=r"KeyValueCache.append: length must be at most 2 places, got 3"):
        steps(tokens()[:, 2:3])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PromptSteps(None, 2, 5), "PromptSteps: model must be a model in eval mode, got NoneType None"),
        (
            lambda: SourceSteps("model", torch.zeros(2, 3, dtype=torch.long), 5),
            "SourceSteps: model must be a model in eval mode, got str 'model'",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("cached", [True, False])
def test_tokens_and_rows_on_another_device_are_named(cached):
    model = CausalLanguageModel(V, D, HEADS, 13, 2, positions=None).eval()
    transformer = Transformer(V, V, D, HEADS, 13, 2, positions=None).eval()
    tokens = torch.ones(2, 1, dtype=torch.long)
    for steps in (
        PromptSteps(model, 2, LENGTH, cached=cached),
        SourceSteps(transformer, torch.ones(2, 3, dtype=torch.long), LENGTH, cached=cached),
    ):
        with pytest.raises(ValueError, match=r"tokens must be on the (model|layer)'s device, cpu, got device meta"):
            steps(tokens.to("meta"))
        with pytest.raises(ValueError, match="rows must be on the batch's device, cpu, got device meta"):
            steps.reorder(torch.zeros(2, dtype=torch.long, device="meta"))
