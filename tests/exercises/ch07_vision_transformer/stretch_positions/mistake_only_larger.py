"""table: shape must be (7, 2), got (36, 2)"""

import torch


def stretch_positions(table, old, new):
    new = (max(old[0], new[0]), max(old[1], new[1]))
    image = table[1:].T.unflatten(1, old)[None]
    larger = torch.nn.functional.interpolate(image, size=new, mode="bilinear", align_corners=False)
    return torch.cat([table[:1], larger[0].flatten(1).T])
