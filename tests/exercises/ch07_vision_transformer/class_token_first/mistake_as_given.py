"""the class token stands last and gets no position, and the patches have row i instead of row i + 1"""

import torch


def class_token_first(patches, class_token, positions):
    tokens = patches + positions[:-1]
    first = class_token.detach().expand(len(patches), 1, -1)
    return torch.cat([tokens, first], dim=1)
