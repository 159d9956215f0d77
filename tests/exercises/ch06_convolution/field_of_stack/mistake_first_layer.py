"""it raised IndexError: list index out of range"""


def field_of_stack(layers):
    side, step = 1 + (layers[0][0] - 1) * layers[0][2], layers[0][1]
    for kernel, stride, dilation in layers[1:]:
        side += (kernel - 1) * dilation * step
        step *= stride
    return side
