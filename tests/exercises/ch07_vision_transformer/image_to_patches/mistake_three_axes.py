"""the patches keep their three axes: lay each out as one vector"""


def image_to_patches(images, patch_size):
    b, c, h, w = images.shape
    p = patch_size
    return images.view(b, c, h // p, p, w // p, p).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c, p, p)
