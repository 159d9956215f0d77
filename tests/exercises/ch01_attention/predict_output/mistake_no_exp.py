"""the scores enter the shares as 1 + score"""

import math


def predict_output():
    score = 2 * math.log(3)
    share = (1 + score) / (2 + score)
    return [10 * (1 - share) + 50 * share, 40.0, 10.0]
