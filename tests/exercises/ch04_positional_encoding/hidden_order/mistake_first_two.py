"""The rows that changed places are equal: at least one must land on a row that differs."""

import torch


def hidden_order(x):
    return torch.cat([x[1:2], x[:1], x[2:]])
