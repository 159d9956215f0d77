"""only the first text of the batch is measured"""


def previous_token_score(weights):
    return weights[0].diagonal(offset=-1, dim1=-2, dim2=-1).mean(-1)
