"""each vector is first scaled to length 1: that is the cosine"""


def scaled_dot_scores(query, key):
    query = query / query.norm(dim=-1, keepdim=True)
    key = key / key.norm(dim=-1, keepdim=True)
    return query @ key.transpose(-2, -1)
