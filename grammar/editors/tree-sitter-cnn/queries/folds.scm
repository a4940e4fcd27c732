; What stands in brackets over several lines.
[
  (net_body)
  (block_body)
  (rules)
  (chain_body)
  (branch)
  (arguments)
  (parameters)
  (tensor_list)
  (list)
] @fold
