"""the mask is ignored"""

import math

import torch


def soft_lookup(query, key, value, mask=None):
    weights = torch.softmax(query @ key.mT / math.sqrt(query.shape[-1]), dim=-1)
    return weights @ value, weights
