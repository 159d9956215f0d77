"""the count is multiplied by the number of heads: each head has only d = D / h columns"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    return num_heads * (2 * d_model * d_model + 2 * d_model * narrow + (2 * d_model + 2 * narrow if bias else 0))
