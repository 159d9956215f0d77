"""the class token's row is lost"""

import torch


def stretch_positions(table, old, new):
    image = table[1:].T.unflatten(1, old)[None]
    larger = torch.nn.functional.interpolate(image, size=new, mode="bilinear", align_corners=False)
    return larger[0].flatten(1).T
