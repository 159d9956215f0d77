"""The two parts come in the wrong order: return (index, cosine); `max` gives the values first."""


def nearest_patches(first, second):
    a = first / first.norm(dim=-1, keepdim=True)
    b = second / second.norm(dim=-1, keepdim=True)
    cosine, index = (a @ b.T).max(dim=-1)
    return cosine, index
