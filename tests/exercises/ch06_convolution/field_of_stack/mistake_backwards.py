"""the layers are taken from last to first"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in reversed(layers):
        side += (kernel - 1) * dilation * step
        step *= stride
    return side
