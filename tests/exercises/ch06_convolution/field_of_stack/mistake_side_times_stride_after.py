"""a layer is added, then the whole side multiplied by its stride: only the step between neighbours grows"""


def field_of_stack(layers):
    side = 1
    for kernel, stride, dilation in layers:
        side += (kernel - 1) * dilation
        side *= stride
    return side
