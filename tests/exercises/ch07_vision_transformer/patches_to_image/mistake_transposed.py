"""patches and their numbers are transposed, then reshaped: that puts place 1 of all patches side by side"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    return patches.mT.reshape(len(patches), -1, down * p, across * p)
