"""the axes are not brought together: the channel cuts the patches apart"""


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return images.view(b, c, h // p, p, w // p, p).permute(0, 1, 2, 4, 3, 5).reshape(b, -1, c * p * p)
