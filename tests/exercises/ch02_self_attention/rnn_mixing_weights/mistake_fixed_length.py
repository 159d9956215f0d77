"""weights: shape must be (5, 5, 3, 3), got (3, 3, 3, 3)"""

import torch


def rnn_mixing_weights(transition, length):
    one = torch.eye(len(transition), dtype=transition.dtype)
    nothing = torch.zeros_like(transition)
    rows = [[one, nothing, nothing], [transition, one, nothing], [transition @ transition, transition, one]]
    return torch.stack([torch.stack(row) for row in rows])
