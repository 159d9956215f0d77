"""the size of the cosine counts, not its sign: an opposite row is not alike"""


def nearest_patches(first, second):
    a = first / first.norm(dim=-1, keepdim=True)
    b = second / second.norm(dim=-1, keepdim=True)
    cosine, index = (a @ b.T).abs().max(dim=-1)
    return index, cosine
