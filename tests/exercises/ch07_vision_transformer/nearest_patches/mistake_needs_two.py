"""it raised RuntimeError: selected index k out of range"""


def nearest_patches(first, second):
    a = first / first.norm(dim=-1, keepdim=True)
    b = second / second.norm(dim=-1, keepdim=True)
    cosine, index = (a @ b.T).topk(2, dim=-1)
    cosine, index = cosine[:, 0], index[:, 0]
    return index, cosine
