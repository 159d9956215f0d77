"""the channels stand last in the result: (B, C, H, W)"""


def patches_to_image(patches, grid, patch_size):
    (down, across), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 1, 4, 2, 5, 3).reshape(b, down * p, across * p, -1)
