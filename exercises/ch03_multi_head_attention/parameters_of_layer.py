r"""Parameters of a layer.

Predict, then run · 10 minutes · difficulty 1 of 3 · 2 points

Before you count anything by machine: how many numbers does one multi-head layer learn?

`parameters_of_layer(d_model, num_heads, num_kv_heads, bias)` returns it, as an int. The layer has four
projections. Queries go from D to $h\,d$ with $d = D / h$; keys and values each from D to $h_\mathrm{kv}\,d$,
since only `num_kv_heads` heads have keys and values of their own; the output goes from $h\,d$ back to D. With
`bias`, every projection also adds a learned vector, as long as its result. Write a formula, not a loop over
tensors; you may use `torch` and `math`. Without biases and with all heads complete, it is four square
matrices:

>>> parameters_of_layer(4, 2, 2, False)
64
"""


def parameters_of_layer(d_model: int, num_heads: int, num_kv_heads: int, bias: bool) -> int:
    """How many numbers a multi-head layer learns."""
    # Your answer here.
    raise NotImplementedError
