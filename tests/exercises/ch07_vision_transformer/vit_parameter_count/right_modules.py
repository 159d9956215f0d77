"""Counted in torch's own encoder layer."""

import torch


def vit_parameter_count(image_size, patch_size, channels, d_model, num_layers, d_ff, num_classes):
    layer = torch.nn.TransformerEncoderLayer(d_model, 1, d_ff)
    conv = torch.nn.Conv2d(channels, d_model, patch_size, patch_size)
    head = torch.nn.Sequential(torch.nn.LayerNorm(d_model), torch.nn.Linear(d_model, num_classes))
    sizes = [sum(p.numel() for p in part.parameters()) for part in (layer, conv, head)]
    return num_layers * sizes[0] + sizes[1] + sizes[2] + d_model * (2 + (image_size // patch_size) ** 2)
