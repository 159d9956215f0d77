"""prediction 1 must be one number, got str"""


def crossing_length():
    return ["2.5 D", "2.5 D", "6 %"]
