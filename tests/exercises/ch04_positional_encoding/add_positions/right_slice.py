"""A slice of the table."""


def add_positions(x, table, start):
    return x + table[start : start + x.shape[1]]
