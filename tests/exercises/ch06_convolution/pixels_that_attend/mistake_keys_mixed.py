"""it raised RuntimeError: shape '[1, 5, 3, 2]' is invalid"""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    scores = theta.transpose(1, 2) @ phi
    weights = torch.softmax(scores, dim=-1)
    answers = (weights @ phi.transpose(1, 2)).transpose(1, 2).reshape(x.shape)
    return x + gamma * answers
