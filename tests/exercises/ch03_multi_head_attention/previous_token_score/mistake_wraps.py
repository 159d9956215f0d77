"""the first query is counted too, and wraps round to the last token"""

import torch


def previous_token_score(weights):
    places = torch.arange(weights.shape[-1])
    return weights[:, :, places, places - 1].mean(dim=(0, 2))
