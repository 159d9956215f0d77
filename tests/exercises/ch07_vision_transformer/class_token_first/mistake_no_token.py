"""the class token is missing"""


def class_token_first(patches, class_token, positions):
    return patches + positions[1:]
