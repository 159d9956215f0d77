"""Found by gradient descent."""

import torch


def word_circle():
    generator = torch.Generator().manual_seed(0)
    w_q, w_k = (torch.randn(3, 5, generator=generator).requires_grad_() for _ in range(2))
    for _ in range(60):
        loss = torch.nn.functional.cross_entropy(w_q @ w_k.T / 5**0.5, torch.tensor([1, 2, 0]))
        for matrix, gradient in zip((w_q, w_k), torch.autograd.grad(loss, (w_q, w_k)), strict=True):
            matrix.data -= 2 * gradient
    return w_q, w_k
