"""Room made by padding, then the token added there."""

import torch


def class_token_first(patches, class_token, positions):
    tokens = torch.nn.functional.pad(patches, (0, 0, 1, 0))
    first = torch.nn.functional.pad(class_token[None], (0, 0, 0, patches.shape[1]))
    return tokens + (first + positions)
