"""the output projection is forgotten"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    return d_model * d_model + 2 * d_model * narrow + (d_model + 2 * narrow if bias else 0)
