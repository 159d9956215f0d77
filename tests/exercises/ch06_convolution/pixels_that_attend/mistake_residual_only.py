"""This is what you get when queries and keys are swapped: θ asks, φ is asked and the softmax runs over the queries: each row, over the keys, must sum to 1 and the answers (B, N, C') are reshaped without a transpose: pixels and channels are mixed up."""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = phi.transpose(1, 2) @ theta
    weights = torch.softmax(scores, dim=1)
    answers = w_out @ (weights @ g.transpose(1, 2)).reshape(g.shape)
    return x + gamma * answers.unflatten(2, x.shape[2:])
