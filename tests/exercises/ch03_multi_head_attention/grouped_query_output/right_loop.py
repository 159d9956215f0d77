"""A loop over the query heads."""

import torch


def grouped_query_output(query, key, value):
    heads, groups = query.shape[1], key.shape[1]
    outputs = []
    for i in range(heads):
        g = i * groups // heads
        scores = query[:, i] @ key[:, g].mT / query.shape[-1] ** 0.5
        outputs.append(scores.softmax(-1) @ value[:, g])
    return torch.stack(outputs, dim=1)
