"""it raised RuntimeError: The expanded size"""


def window_features(x, reach):
    result = x.new_zeros(x.shape[0], x.shape[1], 2 * reach + 1, x.shape[2])
    result[:, :, reach] = x
    for distance in range(1, reach + 1):
        result[:, :, reach - distance][:, distance:] = x[:, :-distance]
        result[:, :, reach + distance][:, : x.shape[1] - distance] = x[:, distance:]
    return result.flatten(2)
