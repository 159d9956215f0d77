"""the dilation is left out"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * step
        step *= stride
    return side
