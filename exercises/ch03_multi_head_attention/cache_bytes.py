r"""What the cache costs.

Predict, then run · 10 minutes · difficulty 1 of 3 · 2 points

While a decoder writes, it keeps the keys and values of all earlier tokens. Predict how much memory that
takes, before you look at the page's figure, for a real model: SmolLM2-135M has 30 layers, 9 query heads of
width 64, and 3 heads with keys and values of their own; a number in bfloat16 takes 2 bytes. Take one text of
2 048 tokens. How many MiB ($2^{20}$ bytes) does the cache need

1. as it would be if all 9 heads had their own keys and values,
2. as it is, with 3,
3. as it would be with 1 (multi-query attention)?

`cache_bytes()` returns the three numbers as a list, in this order. Paper is enough; you may use `torch` and
`math`, and no code is needed beyond the numbers. All three come out whole:

>>> all(number == int(number) for number in cache_bytes())
True
"""


def cache_bytes() -> list[float]:
    """MiB of the cache with 9, 3 and 1 heads of keys and values."""
    # Your answer here.
    raise NotImplementedError
