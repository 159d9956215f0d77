"""it raised RuntimeError: shape '[1, 3, 15]' is invalid"""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, gamma):
    pixels = x.reshape(1, x.shape[1], x.shape[2] * x.shape[3])
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = theta.transpose(1, 2) @ phi
    weights = torch.softmax(scores, dim=-1)
    answers = (weights @ g.transpose(1, 2)).transpose(1, 2).reshape(x.shape)
    return x + gamma * answers
