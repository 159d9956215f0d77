"""the side seen so far is multiplied by the stride: only the step between neighbours grows"""


def field_of_stack(layers):
    side = 1
    for kernel, stride, dilation in layers:
        side = side * stride + (kernel - 1) * dilation
    return side
