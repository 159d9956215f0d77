"""All powers, picked by distance; the future masked away."""

import torch


def rnn_mixing_weights(transition, length):
    powers = [torch.eye(len(transition), dtype=transition.dtype)]
    while len(powers) < length:
        powers.append(powers[-1] @ transition)
    place = torch.arange(length)
    distance = place[:, None] - place
    return torch.stack(powers)[distance.clamp(min=0)] * (distance >= 0)[..., None, None]
