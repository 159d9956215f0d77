"""every token's weight on itself is measured"""


def previous_token_score(weights):
    return weights.diagonal(dim1=-2, dim2=-1).mean(dim=(0, 2))
