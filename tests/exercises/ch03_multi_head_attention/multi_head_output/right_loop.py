"""A loop over the heads, as the formula is written."""

import torch


def multi_head_output(x, w_query, w_key, w_value, w_output, num_heads, mask=None):
    batch, places, width = x.shape
    d = width // num_heads
    outputs, all_weights = [], []
    for i in range(num_heads):
        columns = slice(i * d, (i + 1) * d)
        query, key, value = x @ w_query[:, columns], x @ w_key[:, columns], x @ w_value[:, columns]
        scores = query @ key.mT * d**-0.5
        if mask is not None:
            own = mask.expand(batch, num_heads, places, places)[:, i]
            scores = torch.where(own, scores, -torch.inf)
        all_weights.append(scores.softmax(-1))
        outputs.append(all_weights[-1] @ value)
    return torch.cat(outputs, dim=-1) @ w_output, torch.stack(all_weights, dim=1)
