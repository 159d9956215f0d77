"""the class token has its position, but the patches have row i instead of row i + 1"""

import torch


def class_token_first(patches, class_token, positions):
    first = (class_token + positions[0]).expand(len(patches), 1, -1)
    return torch.cat([first, patches + positions[:-1]], dim=1)
