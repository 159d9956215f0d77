"""rows and columns inside the patches are swapped"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 3, 1, 5, 2, 4).reshape(b, -1, down * p, across * p)
