"""This is the image that was given: it has to differ."""


def twin_image(image, weight, patch_size):
    p = patch_size
    return image.clone()
