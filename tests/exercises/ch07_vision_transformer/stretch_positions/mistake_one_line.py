"""the patches are stretched along one line: they stand in a grid"""

import torch


def stretch_positions(table, old, new):
    line = torch.nn.functional.interpolate(table[1:].T[None], size=new[0] * new[1], mode="linear")
    return torch.cat([table[:1], line[0].T])
