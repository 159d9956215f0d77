"""the least similar patch is taken"""


def nearest_patches(first, second):
    a = first / first.norm(dim=-1, keepdim=True)
    b = second / second.norm(dim=-1, keepdim=True)
    cosine, index = (a @ b.T).min(dim=-1)
    return index, cosine
