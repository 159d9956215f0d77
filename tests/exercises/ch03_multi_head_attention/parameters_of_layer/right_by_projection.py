"""Projection by projection."""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    d_head = d_model // num_heads
    widths = (num_heads * d_head, num_kv_heads * d_head, num_kv_heads * d_head)
    into = sum((d_model + bias) * width for width in widths)
    return into + (num_heads * d_head + bias) * d_model
