"""the slice ends at N: it ends at start + N"""


def add_positions(x, table, start):
    return x + table[start : x.shape[1]]
