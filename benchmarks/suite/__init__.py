"""Reading a few rows of a big array: workloads x layouts x readers, values checked, for asv."""
