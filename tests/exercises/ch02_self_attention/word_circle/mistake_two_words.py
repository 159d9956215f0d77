"""w_q must have shape (3, d), one row for each word"""

import torch


def word_circle():
    return 10 * torch.eye(2), torch.eye(2).roll(1, dims=0)
