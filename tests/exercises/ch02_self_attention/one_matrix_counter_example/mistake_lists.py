"""x must be a torch.Tensor, got list"""


def one_matrix_counter_example():
    return [[1.0, 0.0], [3.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]
