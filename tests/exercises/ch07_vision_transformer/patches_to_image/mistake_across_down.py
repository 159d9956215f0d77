"""the grid is read as (across, down)"""


def patches_to_image(patches, grid, patch_size):
    (across, down), p = grid, patch_size
    b = len(patches)
    return patches.view(b, down, across, -1, p, p).permute(0, 3, 1, 4, 2, 5).reshape(b, -1, down * p, across * p)
