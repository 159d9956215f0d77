"""the gates scale the means, not the pixels"""

import torch


def channel_gate(x, w_down, w_up):
    squeezed = x.mean(dim=(2, 3))
    hidden = torch.relu(squeezed @ w_down.T)
    gates = torch.sigmoid(hidden @ w_up.T)
    return (squeezed * gates)[:, :, None, None].expand_as(x), gates
