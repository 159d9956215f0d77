"""the pixel itself is not counted: the sum starts at 1"""


def field_of_stack(layers):
    side, step = 0, 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * dilation * step
        step *= stride
    return side
