"""the sequence must be a torch.Tensor, got list"""


def hidden_order(x):
    return x.flip(0).tolist()
