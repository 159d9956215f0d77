"""the scores are not divided by √d"""


def scaled_dot_scores(query, key):
    return query @ key.transpose(-2, -1)
