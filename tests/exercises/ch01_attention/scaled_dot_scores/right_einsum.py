"""With einsum."""

import torch


def scaled_dot_scores(query, key):
    return torch.einsum("...nd,...md->...nm", query, key) * query.shape[-1] ** -0.5
