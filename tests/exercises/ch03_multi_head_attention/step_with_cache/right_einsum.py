"""Scores of the old tokens and of the new one, joined."""

import torch


def step_with_cache(query, key, value, old_keys, old_values):
    scale = query.shape[-1] ** -0.5
    old = torch.einsum("bhnd,bhmd->bhnm", query, old_keys) * scale
    own = (query * key).sum(-1, keepdim=True) * scale
    weights = torch.cat([old, own], dim=-1).softmax(-1)
    output = weights[..., :-1] @ old_values + weights[..., -1:] * value
    return output, torch.cat((old_keys, key), 2), torch.cat((old_values, value), 2)
