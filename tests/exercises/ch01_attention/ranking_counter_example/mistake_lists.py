"""query must be a torch.Tensor, got list"""


def ranking_counter_example():
    return [1.0, 0.0], [3.0, 3.0], [1.0, 0.0]
