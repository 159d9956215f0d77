"""Query by query, in a list and not a tuple."""

import torch


def soft_lookup(query, key, value, mask=None):
    if mask is None:
        mask = torch.ones(query.shape[-2], key.shape[-2], dtype=torch.bool)
    outputs, weights = [], []
    for row in range(query.shape[-2]):
        score = (key * query[..., row : row + 1, :]).sum(-1) / query.shape[-1] ** 0.5
        seen = mask[..., row, :]
        some = seen.any(-1, keepdim=True)
        share = score.masked_fill(~seen & some, float("-inf")).softmax(-1) * some
        weights.append(share)
        outputs.append((share.unsqueeze(-1) * value).sum(-2))
    return [torch.stack(outputs, -2), torch.stack(weights, -2)]
