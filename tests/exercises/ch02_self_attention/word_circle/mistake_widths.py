"""w_q and w_k must have the same width d to be compared, got 3 and 2"""

import torch


def word_circle():
    return 10 * torch.eye(3), torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
