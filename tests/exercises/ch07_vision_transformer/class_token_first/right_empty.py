"""Written into an empty tensor."""


def class_token_first(patches, class_token, positions):
    batch, count, width = patches.shape
    tokens = patches.new_empty(batch, count + 1, width)
    tokens[:, 0] = class_token
    tokens[:, 1:] = patches
    return tokens + positions
