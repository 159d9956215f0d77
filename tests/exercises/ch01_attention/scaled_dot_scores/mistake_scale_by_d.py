"""the scores are divided by d instead of √d"""


def scaled_dot_scores(query, key):
    return query @ key.transpose(-2, -1) / query.shape[-1]
