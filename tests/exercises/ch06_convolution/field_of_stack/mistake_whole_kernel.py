"""each layer adds k pixels: it adds k − 1, the middle one was seen before"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += kernel * dilation * step
        step *= stride
    return side
