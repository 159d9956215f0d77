"""With unfold, its axes put right."""

import torch


def window_features(x, reach):
    padded = torch.nn.functional.pad(x, (0, 0, reach, reach))
    return padded.unfold(1, 2 * reach + 1, 1).transpose(2, 3).flatten(2)
