"""patch rows and the rows inside patches are joined in the wrong order"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 3, 4, 1, 2, 5).reshape(b, -1, down * p, across * p)
