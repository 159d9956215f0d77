"""first gradient of table[4, 0]"""


def add_positions(x, table, start):
    return x + table[start : start + x.shape[1]].detach()
