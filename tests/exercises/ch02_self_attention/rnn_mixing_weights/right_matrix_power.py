"""With torch.matrix_power."""

import torch


def rnn_mixing_weights(transition, length):
    nothing = torch.zeros_like(transition)
    rows = [
        [torch.matrix_power(transition, t - s) if s <= t else nothing for s in range(length)] for t in range(length)
    ]
    return torch.stack([torch.stack(row) for row in rows])
