"""heads must be a torch.Tensor, got list"""


def split_into_heads(x, num_heads):
    return list(x.chunk(num_heads, dim=-1))
