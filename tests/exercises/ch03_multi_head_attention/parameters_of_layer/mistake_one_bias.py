"""only one bias is counted: every projection has one"""


def parameters_of_layer(d_model, num_heads, num_kv_heads, bias):
    narrow = d_model // num_heads * num_kv_heads
    return 2 * d_model * d_model + 2 * d_model * narrow + d_model * bias
