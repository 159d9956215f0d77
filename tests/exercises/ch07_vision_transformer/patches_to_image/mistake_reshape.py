"""one reshape goes straight to (B, C, H, W): the numbers of a patch become a run of a row"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.reshape(b, -1, down * p, across * p)
