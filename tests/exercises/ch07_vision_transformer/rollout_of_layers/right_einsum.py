"""With einsum, the diagonal raised in place in a new tensor."""

import torch


def rollout_of_layers(weights):
    mixed = torch.einsum("lhij->lij", weights) / (2 * weights.shape[1])
    mixed.diagonal(dim1=1, dim2=2).add_(0.5)
    result = mixed[0]
    for layer in mixed[1:]:
        result = torch.einsum("ij,jk->ik", layer, result)
    return result
