"""the token two places back is measured"""


def previous_token_score(weights):
    return weights.diagonal(offset=-2, dim1=-2, dim2=-1).mean(dim=(0, 2))
