"""Word 3 must look at word 1 most"""

import torch


def word_circle():
    return 10 * torch.eye(3), torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
