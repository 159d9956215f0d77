"""x has 16 channels, what is added to it has 2: the C' channels of the answers must become C again, by the whole of w_out. (The notes' output map has C/8 rows too. With C' = 1 nothing would be raised: torch adds one channel to all of x.)"""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    theta, phi, g = w_theta @ pixels, w_phi @ pixels, w_g @ pixels
    weights = torch.softmax(theta.transpose(1, 2) @ phi, dim=-1)
    answers = (weights @ g.transpose(1, 2)).transpose(1, 2)
    answers = w_out[: len(w_g)] @ answers
    return x + gamma * answers.unflatten(2, x.shape[2:])
