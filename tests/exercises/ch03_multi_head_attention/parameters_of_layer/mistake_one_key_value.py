"""keys and values are counted once: they have a projection each"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    return 2 * d_model * d_model + d_model * narrow + (2 * d_model + narrow if bias else 0)
