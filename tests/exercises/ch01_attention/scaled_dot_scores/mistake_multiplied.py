"""the scores are multiplied by √d instead of divided"""


def scaled_dot_scores(query, key):
    return query @ key.transpose(-2, -1) * query.shape[-1] ** 0.5
