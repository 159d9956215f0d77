"""the features come out as they were: the gates are not used"""

import torch


def channel_gate(x, w_down, w_up):
    squeezed = x.mean(dim=(2, 3))
    hidden = torch.relu(squeezed @ w_down.T)
    gates = torch.sigmoid(hidden @ w_up.T)
    return x.clone(), gates
