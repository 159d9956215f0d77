"""only the class token gets a position"""

import torch


def class_token_first(patches, class_token, positions):
    first = (class_token + positions[0]).expand(len(patches), 1, -1)
    return torch.cat([first, patches], dim=1)
