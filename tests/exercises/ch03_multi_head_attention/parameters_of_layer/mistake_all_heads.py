"""keys and values are counted for all heads, although only num_kv_heads have their own"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    return 4 * d_model * d_model + (4 * d_model if bias else 0)
