"""the window is `reach` words wide in all"""

import torch


def window_features(x, reach):
    length = x.shape[1]
    half = reach // 2
    padded = torch.nn.functional.pad(x, (0, 0, half, half))
    return torch.cat([padded[:, first : first + length] for first in range(2 * half + 1)], dim=-1)
