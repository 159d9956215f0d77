"""With einsum."""

import torch


def pixels_that_attend(x, w_theta, w_phi, w_g, w_out, gamma):
    pixels = x.flatten(2)
    query, key, value = (torch.einsum("oc,bcn->bno", w, pixels) for w in (w_theta, w_phi, w_g))
    weights = torch.einsum("bnc,bmc->bnm", query, key).softmax(-1)
    answers = torch.einsum("bnm,bmc,oc->bon", weights, value, w_out)
    return x + gamma * answers.unflatten(2, x.shape[2:])
