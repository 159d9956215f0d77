"""Positional encoding: telling attention, which sees a set, where each thing stands.

Three places to put the position: *added* to the embeddings (:mod:`~course_attn.positional.absolute`,
:mod:`~course_attn.positional.grids`), as a *bias* on the scores (:mod:`~course_attn.positional.bias`), or by
*turning* queries and keys (:mod:`~course_attn.positional.rotary`).
"""

from course_attn.positional.absolute import (
    LearnedPositions,
    SinusoidalPositions,
    shift_matrix,
    sinusoidal_encoding,
)
from course_attn.positional.bias import (
    AlibiBias,
    BucketBias,
    RelativeBias,
    RelativeBias2d,
    alibi_slopes,
    relative_distance,
    t5_buckets,
)
from course_attn.positional.grids import Learned2d, Sines2d, interpolate_positions, sines_2d
from course_attn.positional.rotary import Rotary

__all__ = [
    "AlibiBias",
    "BucketBias",
    "Learned2d",
    "LearnedPositions",
    "RelativeBias",
    "RelativeBias2d",
    "Rotary",
    "Sines2d",
    "SinusoidalPositions",
    "alibi_slopes",
    "interpolate_positions",
    "relative_distance",
    "shift_matrix",
    "sines_2d",
    "sinusoidal_encoding",
    "t5_buckets",
]
