"""inside a patch the channels are taken to come last"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, p, p, -1).permute(0, 5, 1, 3, 2, 4).reshape(b, -1, down * p, across * p)
