"""Row by row, only the keys that may be seen."""

import torch


def masked_softmax(scores, mask):
    mask = mask.expand_as(scores)
    rows, seen = scores.reshape(-1, scores.shape[-1]), mask.reshape(-1, scores.shape[-1])
    weights = torch.zeros_like(rows)
    for number, (row, visible) in enumerate(zip(rows, seen, strict=True)):
        weights[number, visible] = torch.softmax(row[visible], dim=0)
    return weights.reshape(scores.shape)
