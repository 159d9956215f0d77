"""From an image to a row of patches and back: how attention gets its tokens."""

from __future__ import annotations

from torch import Tensor, nn

from course_attn._checks import check_axes, check_count, check_pair, describe, error
from course_attn._paths import through


def patchify(images: Tensor, patch_size: int) -> Tensor:
    """Cut images into square patches, row by row, and lay each patch out as one vector.

    Args:
        images: ``(B, C, H, W)``, height and width multiples of ``patch_size``.
        patch_size: Side ``P`` of a patch in pixels.

    Returns:
        ``(B, N, C P P)`` with ``N = (H / P)(W / P)``. Patch ``(y, x)`` is row ``y * W / P + x``; inside of a
        row the channel comes first, then the pixel's row, then its column.

    Raises:
        ValueError: If the images do not have four axes, or patches do not tile them.

    Source: Dosovitskiy et al., 2021, section 3.1, arXiv 2010.11929.
    Chapter: Vision transformer.
    Differs from torch: ``unfold(images, P, stride=P)`` holds the same numbers as ``(B, C P P, N)``.
    """
    check_count("patchify", "patch_size", patch_size)
    check_axes("patchify", "images", images, "B", "C", "H", "W")
    if images.shape[-2] % patch_size or images.shape[-1] % patch_size:
        raise error(
            "patchify",
            "images",
            f"of sides that patch_size = {patch_size} divides",
            describe(images),
            "crop or resize them",
        )
    rows = images.unflatten(-2, (-1, patch_size)).unflatten(-1, (-1, patch_size))  # (B, C, H/P, P, W/P, P)
    return rows.permute(0, 2, 4, 1, 3, 5).flatten(3).flatten(1, 2)  # (B, H/P, W/P, C, P, P) -> (B, N, C P P)


def unpatchify(tokens: Tensor, grid: tuple[int, int], patch_size: int) -> Tensor:
    """Put patches back together: the inverse of :func:`patchify`.

    Args:
        tokens: ``(B, N, C P P)`` with ``N`` the number of patches in the grid.
        grid: ``(H / P, W / P)``, patches down and across.
        patch_size: ``P``.

    Returns:
        Images ``(B, C, H, W)``.

    Raises:
        ValueError: If the grid does not hold ``N`` patches or ``P P`` does not divide a token's width.

    Chapter: Vision transformer.
    """
    check_count("unpatchify", "patch_size", patch_size)
    check_pair("unpatchify", "grid", grid)
    check_axes(
        "unpatchify", "tokens", tokens, "B", grid[0] * grid[1], "C P P", advice="is the class token still there?"
    )
    if tokens.shape[-1] % patch_size**2:
        raise error("unpatchify", "tokens", f"of a width that P P = {patch_size**2} divides", describe(tokens))
    patches = tokens.unflatten(1, grid).unflatten(-1, (-1, patch_size, patch_size))  # (B, H/P, W/P, C, P, P)
    return patches.permute(0, 3, 1, 4, 2, 5).flatten(-2).flatten(2, 3)  # (B, C, H/P, P, W/P, P) -> (B, C, H, W)


class PatchEmbedding(nn.Module):
    """One linear map for all patches, equal to a convolution with kernel and stride ``P``.

    Args:
        patch_size: ``P``.
        channels: ``C``.
        d_model: ``D``.

    Raises:
        ValueError: If a size is not a positive whole number; in ``forward``, as :func:`patchify`.

    Source: Dosovitskiy et al., 2021, equation 1, arXiv 2010.11929.
    Chapter: Vision transformer.
    """

    def __init__(self, patch_size: int, channels: int, d_model: int):
        super().__init__()
        for name, size in (("patch_size", patch_size), ("channels", channels), ("d_model", d_model)):
            check_count("PatchEmbedding", name, size)
        self.patch_size, self.channels = patch_size, channels
        # A convolution's weight (D, C, P, P), flattened from axis 1 on, fits here as it is.
        self.project = nn.Linear(channels * patch_size**2, d_model)

    def forward(self, images: Tensor) -> Tensor:
        """Return tokens ``(B, N, D)`` for ``images (B, C, H, W)``."""
        check_axes("PatchEmbedding", "images", images, "B", self.channels, "H", "W", like=self.project)
        return through(self.project, patchify(images, self.patch_size))
