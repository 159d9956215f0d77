"""Sentence by sentence, softmax over a slice."""

import torch


def leaky_padding(scores, lengths):
    weights = torch.zeros_like(scores)
    for number, length in enumerate(lengths.tolist()):
        if length:
            weights[number, :, :length] = scores[number, :, :length].softmax(dim=-1)
    return weights
