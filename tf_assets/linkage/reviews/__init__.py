"""Clerical review: people decide on the pairs that the linkage leaves in doubt."""
