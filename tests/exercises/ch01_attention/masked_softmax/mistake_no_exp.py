"""the scores are divided by their plain sum, without exp"""


def masked_softmax(scores, mask):
    kept = scores * mask
    return kept / kept.sum(dim=-1, keepdim=True)
