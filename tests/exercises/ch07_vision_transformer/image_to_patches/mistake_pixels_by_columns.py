"""inside a patch the pixels are taken column by column"""


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 5, 3).reshape(b, -1, c * p * p)
