"""a layer's own stride is counted for itself: it counts for the layers after it"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        step *= stride
        side += (kernel - 1) * dilation * step
    return side
