"""the weights are summed over the queries, not averaged"""


def previous_token_score(weights):
    return weights.diagonal(offset=-1, dim1=-2, dim2=-1).sum(-1).mean(0)
