"""In place, but on a tensor of its own."""


def masked_softmax(scores, mask):
    dead = ~mask.any(dim=-1, keepdim=True)
    filled = scores.clone()
    filled.masked_fill_(~(mask | dead), float("-inf"))
    return filled.softmax(dim=-1).masked_fill(dead, 0)
