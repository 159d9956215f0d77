"""the gates are a softmax, and compete: each gate has a sigmoid of its own"""

import torch


def channel_gate(x, w_down, w_up):
    squeezed = x.mean(dim=(2, 3))
    hidden = torch.relu(squeezed @ w_down.T)
    gates = torch.softmax(hidden @ w_up.T, dim=-1)
    return x * gates[:, :, None, None], gates
