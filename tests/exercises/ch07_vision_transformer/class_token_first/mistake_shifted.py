"""the positions are shifted by one: token i has row i + 1, and the last token row 0"""

import torch


def class_token_first(patches, class_token, positions):
    first = class_token.expand(len(patches), 1, -1)
    return torch.cat([first, patches], dim=1) + positions.roll(-1, 0)
