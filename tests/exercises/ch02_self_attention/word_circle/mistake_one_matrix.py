"""One matrix serves as w_q and w_k: the scores are symmetric"""

import torch


def word_circle():
    w = 10 * torch.eye(3).roll(1, dims=0)
    return w, w
