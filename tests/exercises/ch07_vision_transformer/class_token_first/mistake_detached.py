"""The class token gets no gradient: it was detached, and would never learn anything."""

import torch


def class_token_first(patches, class_token, positions):
    return torch.cat([class_token.detach().expand(len(patches), 1, -1), patches], dim=1) + positions
