"""This is what you get when queries and keys are swapped: θ asks, φ is asked."""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = phi.transpose(1, 2) @ theta
    weights = torch.softmax(scores, dim=-1)
    answers = w_out @ (weights @ g.transpose(1, 2)).transpose(1, 2)
    return x + gamma * answers.unflatten(2, x.shape[2:])
