"""the second map of the feed-forward layer is forgotten"""


def vit_parameter_count(image_size, patch_size, channels, d_model, num_layers, d_ff, num_classes):
    d, patches = d_model, (image_size // patch_size) ** 2
    embed = channels * patch_size**2 * d + d
    tokens = d + (patches + 1) * d
    layer = 4 * d + 4 * (d * d + d) + (d * d_ff + d_ff)
    return embed + tokens + num_layers * layer + 2 * d + (d * num_classes + num_classes)
