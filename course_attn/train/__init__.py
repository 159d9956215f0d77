"""Training: one small loop, schedules, losses and measures, and several processes."""

from course_attn.train.distributed import Processes
from course_attn.train.loop import Trainer
from course_attn.train.metrics import accuracy, smoothed_cross_entropy
from course_attn.train.schedules import constant, inverse_root, warmup_cosine

__all__ = [
    "Processes",
    "Trainer",
    "accuracy",
    "constant",
    "inverse_root",
    "smoothed_cross_entropy",
    "warmup_cosine",
]
