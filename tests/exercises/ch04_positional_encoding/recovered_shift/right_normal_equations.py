"""The normal equations, with einsum."""

import torch


def recovered_shift(table, k):
    now, later = table[: len(table) - k], table[k:]
    gram = torch.einsum("pi,pj->ij", now, now)
    mixed = torch.einsum("pi,pj->ij", later, now)
    R = torch.linalg.solve(gram, mixed.T).T
    worst = 0.0
    for a, b in zip(now, later):
        worst = max(worst, float((R @ a - b).abs().max()))
    return R, worst
