"""the heads are averaged as well: each has a score of its own"""


def previous_token_score(weights):
    return weights.diagonal(offset=-1, dim1=-2, dim2=-1).mean()
