"""scores must be a torch.Tensor, got NoneType None (did you forget `return`?)"""

import math


def scaled_dot_scores(query, key):
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # noqa: F841
