"""the image is turned over: rows belong to the height, columns to the width"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 3, 2, 5, 1, 4).reshape(b, -1, across * p, down * p)
