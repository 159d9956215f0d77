"""the words themselves are lost: only their places are returned"""


def add_positions(x, table, start):
    return table[start : start + x.shape[1]].expand_as(x)
