"""features: dtype must be float64, as the input has it"""

import torch


def window_features(x, reach):
    result = torch.zeros(*x.shape[:2], (2 * reach + 1) * x.shape[2])
    for place in range(x.shape[1]):
        for word in range(max(0, place - reach), min(x.shape[1], place + reach + 1)):
            first = (word - place + reach) * x.shape[2]
            result[:, place, first : first + x.shape[2]] = x[:, word]
    return result
