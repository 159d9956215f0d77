"""The function must return the pair (w_q, w_k), got shape (3, 3)"""

import torch


def word_circle():
    return 10 * torch.eye(3).roll(1, dims=1)
