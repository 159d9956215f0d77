"""both joins are in the wrong order: the patch comes before the place inside it"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 3, 4, 1, 5, 2).reshape(b, -1, down * p, across * p)
