"""only the largest weight of a row is counted, when it falls on the previous token"""

import torch


def previous_token_score(weights):
    best = weights[:, :, 1:].argmax(dim=-1)
    return (best == torch.arange(best.shape[-1])).float().mean(dim=(0, 2))
