"""the C' channels of the answers are repeated until there are C: w_out makes C of them"""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    weights = torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)
    answers = (weights @ g.transpose(1, 2)).transpose(1, 2)
    answers = answers.repeat(1, x.shape[1] // len(w_g), 1)
    return x + gamma * answers.unflatten(2, x.shape[2:])
