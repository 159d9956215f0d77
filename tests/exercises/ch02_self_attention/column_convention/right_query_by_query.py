"""One column at a time."""

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = w_q @ x, w_k @ x, w_v @ x
    columns = [torch.softmax(key.T @ q / len(q) ** 0.5, dim=0) for q in query.unbind(1)]
    weights = torch.stack(columns, dim=1)
    return torch.stack([value @ column for column in columns], dim=1), weights
