"""one place of the kernel is counted: it has 3 × 3"""

def conv_or_attention():
    c, n = 64, 1024
    return [n * c * c, 4 * n * c * c + 2 * n * n * c, 161]
