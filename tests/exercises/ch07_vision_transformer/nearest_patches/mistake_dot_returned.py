"""the dot product is returned: divide by both lengths"""


def nearest_patches(first, second):
    a = first / first.norm(dim=-1, keepdim=True)
    b = second / second.norm(dim=-1, keepdim=True)
    index = (a @ b.T).argmax(dim=-1)
    return index, (first * second[index]).sum(dim=-1)
