"""the sum is divided by N: only N − 1 queries have a previous token"""


def previous_token_score(weights):
    back = weights.diagonal(offset=-1, dim1=-2, dim2=-1)
    return back.sum(-1).mean(0) / weights.shape[-1]
