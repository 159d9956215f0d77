"""Greedy decoding and beam search."""

import itertools
import math
import re
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from course_attn.decoding import PromptSteps, SourceSteps, beam_search, greedy_decode
from course_attn.language_model import CausalLanguageModel
from course_attn.multi_head import MultiHeadAttention
from course_attn.positional import Rotary, SinusoidalPositions
from course_attn.transformer import Transformer

PAD, START, END, A, C = range(5)
V, LENGTH = 11, 7


class Table:
    """Steps that look the next token's probabilities up by the newest token, and remember each row's sequence."""

    def __init__(self, rows, table):
        self.table = table
        self.sequences = [[] for _ in range(rows)]

    def __call__(self, tokens):
        for sequence, new in zip(self.sequences, tokens.tolist(), strict=True):
            sequence.extend(new)
        size = len(next(iter(self.table.values())))
        rows = [self.table.get(sequence[-1], [1 / size] * size) for sequence in self.sequences]
        return torch.tensor(rows, dtype=torch.float64).log()

    def reorder(self, rows):
        self.sequences = [list(self.sequences[row]) for row in rows.tolist()]


# From the start, A looks better than C, but everything after A is doubtful and after C one thing is nearly sure.
TRAP = {
    START: [0.0, 0.0, 0.0, 0.6, 0.4],
    A: [0.0, 0.0, 0.4, 0.3, 0.3],
    C: [0.0, 0.0, 0.9, 0.05, 0.05],
}


def start(rows=1):
    return torch.full((rows, 1), START)


def test_a_beam_finds_what_greedy_misses():
    """By hand: greedy takes A then END, 0.6 x 0.4 = 0.24; the beam finds C then END, 0.4 x 0.9 = 0.36."""
    assert greedy_decode(Table(1, TRAP), start(), 5, end=END).tolist() == [[START, A, END]]
    tokens, score = beam_search(Table(1, TRAP), start(), 5, 2, end=END)
    assert tokens.tolist() == [[START, C, END]]
    assert_close(score.exp(), torch.tensor([0.36], dtype=torch.float64))


def test_length_penalty_by_hand():
    """END at once has probability 0.5; A A END has 0.45: with the penalty the longer one wins."""
    table = {START: [0.0, 0.0, 0.5, 0.5, 0.0], A: [0.0, 0.0, 0.0, 0.0, 1.0], C: [0.0, 0.0, 0.9, 0.0, 0.1]}
    short, score = beam_search(Table(1, table), start(), 3, 2, end=END)
    assert short.tolist() == [[START, END]]
    assert_close(score, torch.tensor([math.log(0.5)], dtype=torch.float64))
    long, score = beam_search(Table(1, table), start(), 3, 2, end=END, length_penalty=1.0)
    assert long.tolist() == [[START, A, C, END]]
    assert_close(score, torch.tensor([math.log(0.45) / (8 / 6)], dtype=torch.float64))


def test_rows_end_on_their_own_and_are_padded():
    table = {START: [0, 0, 0.1, 0.9, 0.0], C: [0, 0, 0.8, 0.2, 0], A: [0, 0, 0, 0, 1.0], END: [0, 0, 0, 0.9, 0.1]}
    prompt = torch.tensor([[START], [C]])
    wanted = [[START, A, C, END], [C, END, PAD, PAD]]
    assert greedy_decode(Table(2, table), prompt, 9, end=END).tolist() == wanted
    assert beam_search(Table(2, table), prompt, 9, 2, end=END)[0].tolist() == wanted
    assert greedy_decode(Table(2, table), prompt, 9, end=END, pad=9).tolist()[1] == [C, END, 9, 9]
    assert greedy_decode(Table(2, table), prompt, 2, end=END).shape == (2, 3)
    assert greedy_decode(Table(2, table), prompt, 4).tolist()[1] == [C, END, A, C, END]  # nothing ends it


def test_prompts_of_unequal_length_are_decoded_as_if_alone():
    """What stands behind a shorter prompt is not read; an end within a prompt ends nothing."""
    table = random_table(7)
    prompts = [[START], [C, END, A], [A, A, C, START]]
    prompt = torch.tensor([row + [C] * (4 - len(row)) for row in prompts])
    lengths = torch.tensor([1, 3, 4])
    for end in (None, END):
        together = greedy_decode(Table(3, table), prompt, 5, lengths=lengths, end=end)
        for i, row in enumerate(prompts):
            alone = greedy_decode(Table(1, table), torch.tensor([row]), 9 - len(row), end=end)[0].tolist()
            filled = alone + [PAD] * (9 - len(alone))
            assert together[i].tolist() == filled[: together.shape[1]]
            assert set(filled[together.shape[1] :]) <= {PAD}
    equal = greedy_decode(Table(3, table), prompt, 5, lengths=torch.tensor([4, 4, 4]))
    assert_close(equal, greedy_decode(Table(3, table), prompt, 5))


def random_table(seed):
    rows = torch.rand(5, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64) ** 3
    return dict(enumerate((rows / rows.sum(1, keepdim=True)).tolist()))


@given(st.integers(0, 10**6))
def test_one_beam_is_greedy(seed):
    table, prompt = random_table(seed), torch.tensor([[START], [A], [C]])
    wanted = greedy_decode(Table(3, table), prompt, 6, end=END)
    assert_close(beam_search(Table(3, table), prompt, 6, 1, end=END)[0], wanted)


@given(st.integers(0, 10**6), st.sampled_from([0.0, 0.7]))
def test_a_wide_beam_finds_the_best_of_all(seed, penalty):
    """With a beam as wide as there are sequences, nothing is lost: compare with trying all of them."""
    table, steps = random_table(seed), 3

    def score(sequence):
        total, last = 0.0, START
        if END in sequence:
            sequence = sequence[: sequence.index(END) + 1]
        for token in sequence:
            total += math.log(table[last][token])
            last = token
        return total / ((5 + len(sequence)) / 6) ** penalty

    best = max(map(score, itertools.product(range(5), repeat=steps)))
    _, found = beam_search(Table(1, table), start(), steps, 5**steps, end=END, length_penalty=penalty)
    assert_close(found.item(), best)


# ---------------------------------------------------------------- with models


def transformer():
    torch.manual_seed(3)
    model = Transformer(V, V, 12, 3, 17, 2, positions=SinusoidalPositions(12)).double()
    # Tokens of one length, short beside the places, and large weights: each step says something else.
    rows = model.target_embedding.weight
    rows.data = 0.3 * torch.nn.functional.normalize(rows.data)
    for parameter in model.decoder.blocks.parameters():
        parameter.data *= 4 if parameter.dim() > 1 else 1
    return model.eval()


def sources():
    source = torch.randint(1, V, (3, 5), generator=torch.Generator().manual_seed(5))
    source[1, 3:] = PAD
    return source


def by_whole_passes(model, source, num_tokens):
    tokens = start(len(source))
    for _ in range(num_tokens):
        tokens = torch.cat([tokens, model(source, tokens)[:, -1:].argmax(-1)], dim=1)
    return tokens


def test_greedy_with_and_without_cache_is_the_whole_model():
    model, source = transformer(), sources()
    wanted = by_whole_passes(model, source, LENGTH)
    assert len(wanted.unique()) == 7  # else equal tokens would prove little
    for cached in (True, False):
        steps = SourceSteps(model, source, LENGTH, cached=cached)
        assert_close(greedy_decode(steps, start(3), LENGTH), wanted)


def test_scores_with_cache_are_the_scores_without():
    model, source = transformer(), sources()
    tokens = torch.randint(1, V, (3, LENGTH), generator=torch.Generator().manual_seed(6))
    steps = SourceSteps(model, source, LENGTH)
    whole = model(source, tokens)
    assert_close(steps(tokens[:, :3]), whole[:, 2])
    for i in range(3, LENGTH):
        assert_close(steps(tokens[:, i : i + 1]), whole[:, i])


@pytest.mark.parametrize("penalty", [0.0, 0.8])
def test_beam_with_and_without_cache_and_its_score(penalty):
    """Equal tokens; the score is the sequence's own, computed in one whole pass; a row decodes as it does alone."""
    model, source = transformer(), sources()
    results = []
    for cached in (True, False):
        steps = SourceSteps(model, source, LENGTH, cached=cached)
        results.append(beam_search(steps, start(3), LENGTH, 4, end=END, length_penalty=penalty))
    (tokens, score), (uncached, uncached_score) = results
    assert_close(tokens, uncached)
    assert_close(score, uncached_score)
    log_p = model(source, tokens[:, :-1]).log_softmax(-1).gather(-1, tokens[:, 1:, None])[..., 0]
    for row in range(3):
        sequence = tokens[row, 1:].tolist()
        length = sequence.index(END) + 1 if END in sequence else len(sequence)
        assert_close(score[row], log_p[row, :length].sum() / ((5 + length) / 6) ** penalty)
        alone = beam_search(
            SourceSteps(model, source[row : row + 1], LENGTH), start(), LENGTH, 4, end=END, length_penalty=penalty
        )
        assert_close(alone[1][0], score[row])
    assert_close(
        beam_search(SourceSteps(model, source, LENGTH), start(3), LENGTH, 1)[0], by_whole_passes(model, source, LENGTH)
    )


@pytest.mark.parametrize("rows", [[2, 0, 1], [2, 0, 0, 1], [1]])
def test_rows_may_change_their_source(rows):
    """A reorder that crosses sources takes the memory with it, also when the number of rows stays."""
    model, source = transformer(), sources()
    rows = torch.tensor(rows)
    for cached in (True, False):
        steps = SourceSteps(model, source, LENGTH, cached=cached)
        steps(start(3))
        steps.reorder(rows)
        newest = torch.tensor([[A], [C], [A], [A]])[: len(rows)]
        wanted = model(source[rows], torch.cat([start(len(rows)), newest], dim=1))[:, -1]
        assert_close(steps(newest), wanted)


@pytest.mark.parametrize("num_kv_heads", [1, 3])
def test_language_model_with_rotary_positions(num_kv_heads):
    """The cache knows the places: a prompt of three, then one token at a time."""
    model = CausalLanguageModel(
        V, 12, 3, 17, 2, positions=None,
        make_attention=lambda: MultiHeadAttention(12, 3, num_kv_heads=num_kv_heads, rotate=Rotary(4)),
    ).double().eval()  # fmt: skip
    prompt = torch.randint(V, (2, 3), generator=torch.Generator().manual_seed(7))
    tokens = prompt
    for _ in range(LENGTH):
        tokens = torch.cat([tokens, model(tokens)[:, -1:].argmax(-1)], dim=1)
    results = []
    for cached in (True, False):
        assert_close(greedy_decode(PromptSteps(model, 2, 3 + LENGTH, cached=cached), prompt, LENGTH), tokens)
        results.append(beam_search(PromptSteps(model, 2, 3 + LENGTH, cached=cached), prompt, LENGTH, 3, end=END))
    assert_close(results[0], results[1])


def test_prompts_of_unequal_length_with_a_model():
    model, num_tokens = transformer(), 4
    prompts = [[START], [START, A, C], [START, C]]
    prompt = torch.tensor([row + [PAD] * (3 - len(row)) for row in prompts])
    steps = SourceSteps(model, sources(), 3 + num_tokens)
    together = greedy_decode(steps, prompt, num_tokens, lengths=torch.tensor([1, 3, 2]))
    for i, row in enumerate(prompts):
        alone = SourceSteps(model, sources()[i : i + 1], 3 + num_tokens)
        assert_close(together[i : i + 1], greedy_decode(alone, torch.tensor([row]), 3 + num_tokens - len(row)))


def test_no_gradient_is_kept():
    model = transformer()
    assert not SourceSteps(model, sources(), LENGTH)(start(3)).requires_grad
    assert not beam_search(SourceSteps(model, sources(), LENGTH), start(3), 2, 2)[1].requires_grad


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: greedy_decode(Table(1, TRAP), start().float(), 2),
            "greedy_decode: prompt must be int64 numbers of shape",
        ),
        (lambda: greedy_decode(Table(1, TRAP), start()[0], 2), "greedy_decode: prompt must be int64 numbers of shape"),
        (
            lambda: greedy_decode(Table(1, TRAP), start(), 0),
            "greedy_decode: num_tokens must be a whole number of at least",
        ),
        (
            lambda: greedy_decode(Table(1, TRAP), start(), 2, lengths=torch.tensor([1, 1])),
            "greedy_decode: lengths must be int64 numbers of shape (1,), got shape (2,)",
        ),
        (
            lambda: greedy_decode(Table(1, TRAP), start(), 2, lengths=torch.tensor([2])),
            "greedy_decode: lengths must be from 1 to the prompt's 1 places, got 2 to 2",
        ),
        (
            lambda: greedy_decode(Table(1, TRAP), start(), 2, lengths=torch.tensor([0])),
            "greedy_decode: lengths must be from 1 to the prompt's 1 places, got 0 to 0",
        ),
        (
            lambda: beam_search(Table(1, TRAP), start(), 2, 0),
            "beam_search: num_beams must be a whole number of at least 1",
        ),
        (
            lambda: beam_search(Table(1, TRAP), start(), 2, 2, length_penalty=-1.0),
            "beam_search: length_penalty must be a number greater than 0, got float -1.0",
        ),
        (
            lambda: beam_search(Table(1, TRAP), start(), 2, 2, pad=5),
            "beam_search: pad must be a token, from 0 to 4, got 5",
        ),
        (
            lambda: SourceSteps(transformer().train(), sources(), 3),
            "SourceSteps: model must be in eval mode, got training",
        ),
        (
            lambda: SourceSteps(transformer(), sources(), 0),
            "SourceSteps: max_length must be a whole number of at least 1",
        ),
        (
            lambda: SourceSteps(transformer(), sources(), 3).reorder(torch.tensor([3])),
            "SourceSteps.reorder: rows must be from 0 to 2, got 3 to 3",
        ),
        (
            lambda: greedy_decode(SourceSteps(transformer(), sources(), 3), start(3), 9),
            "KeyValueCache.append: length must be at most 3 places, got 4",
        ),
        (
            lambda: PromptSteps(CausalLanguageModel(V, 4, 2, 3, 1, positions=None).eval(), 0, 3),
            "PromptSteps: batch must be a whole number of at least 1, got int 0",
        ),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: greedy_decode(None, torch.zeros(2, 3, dtype=torch.long), 2),
            "greedy_decode: steps must be a function, got NoneType None (as PromptSteps(model, batch, max_length) is)",
        ),
        (
            lambda: beam_search("model", torch.zeros(2, 3, dtype=torch.long), 2, 2),
            "beam_search: steps must be a function, got str 'model'",
        ),
        (
            lambda: greedy_decode(
                lambda tokens: torch.zeros(len(tokens), 7), torch.zeros(2, 3, dtype=torch.long), 2, pad="a"
            ),
            "greedy_decode: pad must be the number of a token, got str 'a'",
        ),
        (
            lambda: beam_search(
                lambda tokens: torch.zeros(len(tokens), 7), torch.zeros(2, 3, dtype=torch.long), 2, 2, pad=2.5
            ),
            "beam_search: pad must be the number of a token, got float 2.5",
        ),
        (
            lambda: beam_search(
                lambda tokens: torch.zeros(len(tokens), 7),
                torch.zeros(2, 3, dtype=torch.long),
                2,
                2,
                length_penalty=None,
            ),
            "beam_search: length_penalty must be a number greater than 0, got NoneType None",
        ),
        (
            lambda: beam_search(
                lambda tokens: torch.zeros(len(tokens), 7),
                torch.zeros(2, 3, dtype=torch.long),
                2,
                2,
                length_penalty=False,
            ),
            "beam_search: length_penalty must be a number greater than 0, got bool False",
        ),
    ],
)
def test_errors_of_types(call, message):
    with pytest.raises(ValueError, match="must be") as problem:
        call()
    assert message in str(problem.value)


@pytest.mark.parametrize("end", [None, 2])
@pytest.mark.parametrize("bad_step", [0, 1, 4])
@pytest.mark.parametrize("search", ["greedy", 1, 3])
def test_scores_that_are_nan_are_refused(search, bad_step, end):
    class Steps:
        calls = 0

        def __call__(self, tokens):
            scores = torch.zeros(len(tokens), 5)
            scores[:, 3] = 1.0
            if self.calls == bad_step or (self.calls > bad_step and search == "greedy"):
                scores[-1, 4] = torch.nan  # one score of one row; the greedy way looks at the last step's
            self.calls += 1
            return scores

        def reorder(self, rows):
            pass

    prompt = torch.ones(2, 1, dtype=torch.long)
    call = {"greedy": greedy_decode}.get(search, partial(beam_search, num_beams=search))
    with pytest.raises(ValueError, match=r"\w+: the scores that steps gives must be numbers, got NaN \(are the model"):
        call(Steps(), prompt, 6, end=end)


def test_scores_of_minus_infinity_are_allowed():
    """A token that may not come."""

    class Steps:
        def __call__(self, tokens):
            return torch.tensor([[-torch.inf, 1.0, 0.0]]).expand(len(tokens), -1)

        def reorder(self, rows):
            pass

    prompt = torch.zeros(1, 1, dtype=torch.long)
    assert greedy_decode(Steps(), prompt, 3).tolist() == [[0, 1, 1, 1]]
    tokens, score = beam_search(Steps(), prompt, 3, 2)
    assert tokens.tolist() == [[0, 1, 1, 1]]
    assert score.isfinite().all()


@pytest.mark.parametrize("find", [greedy_decode, partial(beam_search, num_beams=2)])
def test_steps_on_another_device_are_named(find):
    message = "the scores that steps gives must be on the prompt's device, cpu, got device meta"
    with pytest.raises(ValueError, match=message):
        find(lambda tokens: torch.zeros(len(tokens), V, device="meta"), torch.zeros(2, 1, dtype=torch.long), 3)


def test_lengths_on_another_device_are_named():
    prompt = torch.zeros(2, 3, dtype=torch.long)
    with pytest.raises(ValueError, match="lengths must be on the prompt's device, cpu, got device meta"):
        greedy_decode(lambda tokens: None, prompt, 3, lengths=torch.ones(2, dtype=torch.long, device="meta"))
