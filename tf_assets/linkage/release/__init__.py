"""Door 1: the release, the only way by which anything leaves the linkage environment."""
