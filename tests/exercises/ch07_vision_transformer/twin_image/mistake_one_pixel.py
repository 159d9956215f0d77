"""The tokens change in 1 of 6 patches: the change must be a vector v with weight @ v = 0."""


def twin_image(image, weight, patch_size):
    p = patch_size
    twin = image.clone()
    twin[0, 0] += 1
    return twin
