"""the channels come last inside a patch: here channel 0 comes whole, then channel 1"""


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 3, 5, 1).reshape(b, -1, c * p * p)
