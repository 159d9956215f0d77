"""the columns are scaled to length 1 (dim=0): each row must be"""

from torch.nn.functional import normalize


def nearest_patches(first, second):
    cosine, index = (normalize(first, dim=0) @ normalize(second, dim=0).T).max(dim=-1)
    return index, cosine
