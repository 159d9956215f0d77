"""With einsum."""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, gamma):
    pixels = x.flatten(2)
    query, key, value = (torch.einsum("oc,bcn->bno", w, pixels) for w in (w_theta, w_phi, w_g))
    weights = torch.einsum("bnc,bmc->bnm", query, key).softmax(-1)
    return x + gamma * torch.einsum("bnm,bmc->bcn", weights, value).unflatten(2, x.shape[2:])
