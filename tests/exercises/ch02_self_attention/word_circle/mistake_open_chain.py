"""Word 3 looks at itself most, not at the next"""

import torch


def word_circle():
    return 10 * torch.eye(3), torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
