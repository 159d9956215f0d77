"""n pixels have n − 1 steps between them: from the output back, (side − 1) · stride"""


def field_of_stack(layers):
    side = 1
    for kernel, stride, dilation in reversed(layers):
        side = side * stride + (kernel - 1) * dilation
    return side
