"""each layer is counted with its own stride: it is the product of the strides before it"""


def field_of_stack(layers):
    side = 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * dilation * stride
    return side
