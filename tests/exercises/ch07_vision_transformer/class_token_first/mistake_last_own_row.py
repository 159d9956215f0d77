"""the class token stands last, though with its own row of the positions"""

import torch


def class_token_first(patches, class_token, positions):
    return torch.cat([patches + positions[1:], class_token.expand(len(patches), 1, -1) + positions[0]], dim=1)
