"""the sentence is closed to a ring"""

import torch


def window_features(x, reach):
    return torch.cat([x.roll(shift, dims=1) for shift in range(reach, -reach - 1, -1)], dim=-1)
