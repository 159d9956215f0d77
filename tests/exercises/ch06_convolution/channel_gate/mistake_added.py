"""the gates are added to the features: they multiply them"""

import torch


def channel_gate(x, w_down, w_up):
    squeezed = x.mean(dim=(2, 3))
    hidden = torch.relu(squeezed @ w_down.T)
    gates = torch.sigmoid(hidden @ w_up.T)
    return x + gates[:, :, None, None], gates
