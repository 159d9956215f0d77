"""Query and key each divided by the fourth root of d."""

import torch


def scaled_dot_scores(query, key):
    root = query.shape[-1] ** 0.25
    return torch.matmul(query / root, (key / root).swapaxes(-1, -2))
