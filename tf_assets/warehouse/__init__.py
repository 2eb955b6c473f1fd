"""Storage that both environments use: zones, partition files, SQL models."""
