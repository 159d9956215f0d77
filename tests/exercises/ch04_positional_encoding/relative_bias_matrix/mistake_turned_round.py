"""the distance is i − j: the distance of key j from query i is j − i"""

import torch


def relative_bias_matrix(table, num_queries, num_keys):
    reach = table.shape[1] // 2
    queries = torch.arange(num_queries) + num_keys - num_queries
    distance = queries[:, None] - torch.arange(num_keys)[None, :]
    return table[:, distance.clamp(-reach, reach) + reach]
