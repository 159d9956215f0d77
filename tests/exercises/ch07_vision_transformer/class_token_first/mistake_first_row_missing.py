"""There are N + 1 tokens with the class token, and each has its own row of the N + 1 positions; 3 meet them here."""

import torch


def class_token_first(patches, class_token, positions):
    first = class_token.expand(len(patches), 1, -1)
    return torch.cat([first, patches], dim=1) + positions[1:]
