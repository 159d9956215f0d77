"""The matrices differ, but w_q @ w_k.T is still symmetric"""

import torch


def word_circle():
    return 10 * torch.eye(3), torch.eye(3)
