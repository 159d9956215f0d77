"""it raised RuntimeError: unflatten:"""

import torch


def stretch_positions(table, old, new):
    image = table.T.unflatten(1, old)[None]
    larger = torch.nn.functional.interpolate(image, size=new, mode="bilinear", align_corners=False)
    return torch.cat([table[:1], larger[0].flatten(1).T])
