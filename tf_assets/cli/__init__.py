"""`tf-eval`, a thin front on the packages."""
