"""The formulas as plain Python loops over lists of floats, and the inputs the tests share.

Nothing here uses a tensor operation to compute: a mistake in a shape, an axis or a broadcast of the package
cannot be repeated here by accident. `batched` carries these loops over the leading axes of tensors.
"""

import math

import torch

B, h, N, M, d, d_v = 2, 3, 5, 7, 11, 13  # distinct primes: no axis can stand in for another

# ---------------------------------------------------------------- scores: (N, d), (M, d) -> (N, M)


def dot(u, v):
    total = 0.0
    for a, b in zip(u, v, strict=True):
        total += a * b
    return total


def dot_scores(query, key):
    return [[dot(q, k) for k in key] for q in query]


def scaled_dot_scores(query, key):
    return [[dot(q, k) / math.sqrt(len(q)) for k in key] for q in query]


def cosine_scores(query, key, temperature=1.0):
    def cosine(q, k):
        return dot(q, k) / (math.sqrt(dot(q, q)) * math.sqrt(dot(k, k)))

    return [[cosine(q, k) / temperature for k in key] for q in query]


def additive_scores(query, key, w_query, w_key, v):
    """v . tanh(W_query q + W_key k), with W of shape (d_hidden, d)."""
    scores = []
    for q in query:
        row = []
        for k in key:
            hidden = [math.tanh(dot(wq, q) + dot(wk, k)) for wq, wk in zip(w_query, w_key, strict=True)]
            row.append(dot(v, hidden))
        scores.append(row)
    return scores


def bilinear_scores(query, key, weight):
    """q . (W k), with W of shape (d_query, d_key)."""
    return [[dot(q, [dot(row, k) for row in weight]) for k in key] for q in query]


# ---------------------------------------------------------------- normalisers: one row of scores -> one row of weights


def softmax_row(scores, allowed):
    if not any(allowed):
        return [0.0 for _ in scores]
    top = max(s for s, a in zip(scores, allowed, strict=True) if a)
    powers = [math.exp(s - top) if a else 0.0 for s, a in zip(scores, allowed, strict=True)]
    return [p / sum(powers) for p in powers]


def relu_row(scores, allowed):
    return [max(s, 0.0) / sum(allowed) if a else 0.0 for s, a in zip(scores, allowed, strict=True)]


def sigmoid_row(scores, allowed):
    return [1 / (1 + math.exp(math.log(sum(allowed)) - s)) if a else 0.0 for s, a in zip(scores, allowed, strict=True)]


def sparsemax_row(scores, allowed):
    """The nearest point of the simplex, by trying every size of the support."""
    kept = sorted((s for s, a in zip(scores, allowed, strict=True) if a), reverse=True)
    if not kept:
        return [0.0 for _ in scores]
    threshold = None
    for size in range(1, len(kept) + 1):
        candidate = (sum(kept[:size]) - 1) / size
        if kept[size - 1] > candidate:
            threshold = candidate
    return [max(s - threshold, 0.0) if a else 0.0 for s, a in zip(scores, allowed, strict=True)]


def rows(one_row):
    """A function of a row, made into one of a matrix of scores and a matrix of True and False."""
    return lambda scores, mask: [one_row(s, a) for s, a in zip(scores, mask, strict=True)]


# ---------------------------------------------------------------- attention


def attention(query, key, value, mask, score=scaled_dot_scores, one_row=softmax_row):
    """Score every pair, share out each row, mix the values with the shares: the output and the weights."""
    weights = rows(one_row)(score(query, key), mask)
    output = []
    for shares in weights:
        mixture = [0.0] * len(value[0])
        for share, row in zip(shares, value, strict=True):
            for column, number in enumerate(row):
                mixture[column] += share * number
        output.append(mixture)
    return output, weights


# ---------------------------------------------------------------- between tensors and lists


def batched(function, *tensors):
    """Call `function` on the matrices behind every leading index, as lists, and stack the answers in float64."""
    lead = torch.broadcast_shapes(*(t.shape[:-2] for t in tensors))
    flat = [t.expand(*lead, *t.shape[-2:]).reshape(-1, *t.shape[-2:]).tolist() for t in tensors]
    results = [function(*matrices) for matrices in zip(*flat, strict=True)]
    if isinstance(results[0], tuple):
        return tuple(_stack(parts, lead) for parts in zip(*results, strict=True))
    return _stack(results, lead)


def _stack(results, lead):
    stacked = torch.tensor(results, dtype=torch.float64)
    return stacked.reshape(*lead, *stacked.shape[1:])


# ---------------------------------------------------------------- inputs


def normal(*shape, seed=0, dtype=torch.float64):
    """Normal numbers from a generator of their own, so that no test depends on the one before it."""
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def inputs(*lead, dtype=torch.float64, width=d_v):
    """A query (..., N, d), a key (..., M, d) and a value (..., M, width)."""
    return (
        normal(*lead, N, d, seed=1, dtype=dtype),
        normal(*lead, M, d, seed=2, dtype=dtype),
        normal(*lead, M, width, seed=3, dtype=dtype),
    )


def _causal():
    return torch.tensor([[j <= i + (M - N) for j in range(M)] for i in range(N)])


def _padding():
    lengths = [M, 3]
    return torch.tensor([[[[j < length for j in range(M)]]] for length in lengths])


def _dead_row():
    mask = torch.rand(B, h, N, M, generator=torch.Generator().manual_seed(4)) < 0.6
    mask[..., 0] = True  # every query has something to see...
    mask[1, 2, 3, :] = False  # ...but this one
    return mask


DEAD = (1, 2, 3)  # the place of the dead row in MASKS["dead row"]
MASKS = {"none": None, "causal": _causal(), "padding": _padding(), "dead row": _dead_row()}


def full(mask, *lead):
    """The mask at its whole size (..., N, M): what the loops read."""
    everything = torch.ones(*lead, N, M, dtype=torch.bool)
    return everything if mask is None else everything & mask
