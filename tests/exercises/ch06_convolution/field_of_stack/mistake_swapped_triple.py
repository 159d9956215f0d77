"""stride and dilation have changed places: a triple is (kernel, stride, dilation)"""

def field_of_stack(layers):
    side = step = 1
    for kernel, dilation, stride in layers:
        side += (kernel - 1) * dilation * step
        step *= stride
    return side
