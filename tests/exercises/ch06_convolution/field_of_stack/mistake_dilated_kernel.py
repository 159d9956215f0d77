"""the dilation multiplies the kernel, not the k − 1 gaps"""


def field_of_stack(layers):
    side, step = 1, 1
    for kernel, stride, dilation in layers:
        side += (kernel * dilation - 1) * step
        step *= stride
    return side
