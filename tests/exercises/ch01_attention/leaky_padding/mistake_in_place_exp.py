"""the gradient cannot be computed: one of the variables needed"""

import torch


def leaky_padding(scores, lengths):
    seen = (torch.arange(scores.shape[-1])[None, None] < lengths[:, None, None]).to(scores.dtype)
    shares = (scores - scores.detach().amax(-1, keepdim=True)).exp()
    shares *= seen
    total = shares.sum(-1, keepdim=True)
    return shares / torch.where(total == 0, torch.ones_like(total), total)
