r"""An image is a row of patches.

Write `image_to_patches(images, patch_size)`: cut every image into square patches and lay each patch out as one
vector.

`images` is `(B, C, H, W)`; P = `patch_size` divides H and W. The result is `(B, N, C P P)` with $N = (H / P)(W /
P)$. Patches are counted row by row, as one reads; inside a patch come all numbers of channel 0, row by row, then
those of channel 1, and so on. Nothing is computed. You may use `torch`. One channel, two patches of 2 × 2:

>>> image = torch.tensor([[[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]]])
>>> image_to_patches(image, 2)
tensor([[[1., 2., 3., 4.],
         [5., 6., 7., 8.]]])
"""

import torch


def image_to_patches(images: torch.Tensor, patch_size: int) -> torch.Tensor:
    """Patches (B, N, C * P * P) of images (B, C, H, W)."""
    # BEGIN SOLUTION
    cut = images.unflatten(2, (-1, patch_size)).unflatten(4, (-1, patch_size))  # (B, C, H/P, P, W/P, P)
    return cut.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # (B, H/P, W/P, C, P, P), then (B, N, C P P)
    # END SOLUTION
