"""only the first head's numbers are used"""

import torch


def relative_bias_matrix(table, num_queries, num_keys):
    reach = table.shape[1] // 2
    queries = torch.arange(num_queries) + num_keys - num_queries
    distance = torch.arange(num_keys)[None, :] - queries[:, None]
    return table[:1].expand_as(table)[:, distance.clamp(-reach, reach) + reach]
