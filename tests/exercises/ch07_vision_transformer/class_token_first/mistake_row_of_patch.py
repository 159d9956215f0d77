"""the class token has row 1 of the positions, which is that of the first patch"""

import torch


def class_token_first(patches, class_token, positions):
    first = (class_token + positions[1]).expand(len(patches), 1, -1)
    return torch.cat([first, patches + positions[1:]], dim=1)
