r"""Two images, one row of tokens.

A patch embedding maps the P P numbers of a patch to D. If D is smaller, something is lost. Prove it: for any image,
make another that the model cannot tell from it.

`twin_image(image, weight, patch_size)` gets a grey image `(H, W)` and the matrix `weight` `(D, P P)` of a patch
embedding without bias, D < P P; a patch is laid out row by row. Return another image `(H, W)` that differs from the
first by at least 0.1 in some pixel, and gives the same tokens: $W\,\mathrm{patch}$ is the same for every patch, to
within 0.0001. Do not change the arguments. You may use `torch`. Here the embedding sees only the sum of two by two
pixels:

>>> image, weight = torch.zeros(2, 2), torch.ones(1, 4)
>>> twin = twin_image(image, weight, 2)
>>> bool(twin.sum().abs() < 1e-4), bool(twin.abs().max() >= 0.1)
(True, True)
"""

import torch


def twin_image(image: torch.Tensor, weight: torch.Tensor, patch_size: int) -> torch.Tensor:
    """Another image (H, W) with the same tokens."""
    # BEGIN SOLUTION
    # The last right singular vector: weight @ unseen = 0, since there are fewer rows than columns.
    unseen = torch.linalg.svd(weight, full_matrices=True).Vh[-1]  # (P P,), of length 1
    twin = image.clone()
    twin[:patch_size, :patch_size] += patch_size * unseen.view(patch_size, patch_size)  # some entry is at least 1 / P
    return twin
    # END SOLUTION
