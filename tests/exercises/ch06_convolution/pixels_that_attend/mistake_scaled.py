"""the scores are divided by the root of their width: this block does not scale"""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = theta.transpose(1, 2) @ phi / len(w_theta) ** 0.5
    weights = torch.softmax(scores, dim=-1)
    answers = w_out @ (weights @ g.transpose(1, 2)).transpose(1, 2)
    return x + gamma * answers.unflatten(2, x.shape[2:])
