"""only the stride of the layer just before is counted: strides multiply"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * dilation * step
        step = stride
    return side
