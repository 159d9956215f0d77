"""Counted in modules."""

import torch


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    layers = [torch.nn.Linear(d_model, width, bias=bias) for width in (d_model, narrow, narrow, d_model)]
    return sum(parameter.numel() for layer in layers for parameter in layer.parameters())
