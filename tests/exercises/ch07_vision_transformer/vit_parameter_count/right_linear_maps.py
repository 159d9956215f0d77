"""Part by part, with a function for a linear map."""


def vit_parameter_count(image_size, patch_size, channels, d_model, num_layers, d_ff, num_classes):
    def linear(into, out):
        return (into + 1) * out

    norm = 2 * d_model
    tokens = 1 + (image_size // patch_size) * (image_size // patch_size)
    layer = norm + 4 * linear(d_model, d_model) + norm + linear(d_model, d_ff) + linear(d_ff, d_model)
    total = linear(channels * patch_size * patch_size, d_model) + (tokens + 1) * d_model
    return total + num_layers * layer + norm + linear(d_model, num_classes)
