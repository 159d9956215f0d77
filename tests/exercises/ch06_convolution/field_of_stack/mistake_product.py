"""the kernels are multiplied: stacked layers add up"""


def field_of_stack(layers):
    side = 1
    for kernel, stride, dilation in layers:
        side *= (kernel - 1) * dilation + 1
    return side
