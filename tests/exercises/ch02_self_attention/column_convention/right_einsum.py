"""With einsum; the softmax written out."""

import torch


def column_convention(x, w_q, w_k, w_v):
    query, key, value = (torch.einsum("dc,cn->dn", w, x) for w in (w_q, w_k, w_v))
    scores = torch.einsum("dj,di->ji", key, query)
    scores /= len(query) ** 0.5
    scores = scores - scores.amax(dim=0)
    shares = scores.exp()
    shares = shares / shares.sum(dim=0)
    return torch.einsum("vj,ji->vi", value, shares), shares
