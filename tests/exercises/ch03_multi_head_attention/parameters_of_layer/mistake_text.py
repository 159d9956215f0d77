"""must be one number, got str"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    return f"{2 * d_model * d_model + 2 * d_model * narrow}"
