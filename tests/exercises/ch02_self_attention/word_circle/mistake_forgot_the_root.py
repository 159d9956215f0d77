"""if the scores were not divided by √d; they are, with d = 3"""

import torch


def word_circle():
    return 4.3 * torch.eye(3), torch.eye(3).roll(1, dims=0)
