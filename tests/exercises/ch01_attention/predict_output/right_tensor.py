"""Computed, as a tensor."""

import math

import torch


def predict_output():
    scores = torch.tensor([[0.0, 2 * math.log(3)], [0.0, math.log(3)], [0.0, -torch.inf]])
    return scores.softmax(-1) @ torch.tensor([10.0, 50.0])
