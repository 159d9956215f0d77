r"""How many parameters has a ViT.

Predict, then run · 15 minutes · difficulty 2 of 3 · 3 points

Before you ask the machine: write the count as a formula.

`vit_parameter_count(image_size, patch_size, channels, d_model, num_layers, d_ff, num_classes)` returns the number of
learned numbers, as an int, of this vision transformer. One linear map with bias embeds the patches of $C P P$ numbers.
There is a class token, and a learned position for it and for each patch. Each of the L layers has two LayerNorms
(scale and shift), four projections D → D with bias, and two linear maps D → `d_ff` → D with bias. At the end come one
more LayerNorm and a linear map with bias to the classes. The number of heads does not matter. You may use `torch` and
`math`. ViT-B/16 with 1 000 classes:

>>> vit_parameter_count(224, 16, 3, 768, 12, 3072, 1000)
86567656
"""


def vit_parameter_count(
    image_size: int, patch_size: int, channels: int, d_model: int, num_layers: int, d_ff: int, num_classes: int
) -> int:
    """How many numbers a vision transformer learns."""
    # Your answer here.
    raise NotImplementedError
