"""Word by word into a tensor of zeros."""


def window_features(x, reach):
    batch, length, width = x.shape
    result = x.new_zeros(batch, length, 2 * reach + 1, width)
    for place in range(length):
        for word in range(max(0, place - reach), min(length, place + reach + 1)):
            result[:, place, word - place + reach] = x[:, word]
    return result.view(batch, length, -1)
