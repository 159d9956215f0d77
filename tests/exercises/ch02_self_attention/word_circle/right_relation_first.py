"""The wanted scores as w_q, and w_k does nothing."""

import torch


def word_circle():
    wanted = torch.tensor([[0, 9, 0], [0, 0, 9], [9, 0, 0]])
    return [wanted, torch.eye(3, dtype=torch.int64)]
