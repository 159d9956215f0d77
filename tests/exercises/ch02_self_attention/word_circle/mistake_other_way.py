"""The circle runs the other way"""

import torch


def word_circle():
    return 10 * torch.eye(3), torch.eye(3).roll(-1, dims=0)
