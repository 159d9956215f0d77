"""the class token stands last, with the last position"""

import torch


def class_token_first(patches, class_token, positions):
    return torch.cat([patches, class_token.expand(len(patches), 1, -1)], dim=1) + positions
