"""the neighbours are added up, not laid side by side"""

import torch


def window_features(x, reach):
    length = x.shape[1]
    padded = torch.nn.functional.pad(x, (0, 0, reach, reach))
    return sum(padded[:, first : first + length] for first in range(2 * reach + 1))
