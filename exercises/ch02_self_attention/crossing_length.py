r"""Where the costs cross.

Predict, then run · 15 minutes · difficulty 2 of 3 · 3 points

Before you run anything, count multiplications, for one sentence of N words and one layer in which everything
is D wide. Count matrix products only: no biases, no softmax, no gates.

An LSTM has four gates; each multiplies the word by one D × D matrix and the state by another. Self-attention
makes queries, keys and values (no output projection), compares every query with every key, and mixes the
values. Predict

1. at D = 512, the length N at which both need equally many,
2. the same at D = 1024,
3. at D = 512 and N = 50, the share of self-attention's multiplications that grows with $N^2$, as a number
   between 0 and 1. (Lecture notes name 50 words as the length at which attention is best. Does your count
   show anything special there?)

Work the numbers out on paper, then let `crossing_length()` return them as a list, in this order: the lengths
exactly, the share to three decimals. You may use `torch` and `math`, and no code is needed beyond the numbers.
In which form they come is all that can be said of them here:

>>> len(crossing_length())
3
"""


def crossing_length() -> list[float]:
    """Two lengths at which the costs cross, and a share."""

    # Your answer here.
    raise NotImplementedError
