"""Slope as covariance over variance; variance without Bessel's correction."""

import math

import torch


def variance_exponent(samples):
    x = torch.tensor([math.log10(q.shape[-1]) for q, _ in samples], dtype=torch.float64)
    y = torch.tensor([math.log10((q * k).sum(1).var(correction=0)) for q, k in samples], dtype=torch.float64)
    return (torch.cov(torch.stack([x, y]))[0, 1] / x.var()).item()
