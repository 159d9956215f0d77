"""the class token is added to every patch"""


def class_token_first(patches, class_token, positions):
    return patches + class_token + positions[1:]
