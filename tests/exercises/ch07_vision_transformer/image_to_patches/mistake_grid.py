"""the grid of patches keeps its two axes: count the patches in one"""


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).flatten(3)
