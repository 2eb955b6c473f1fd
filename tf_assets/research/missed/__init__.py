"""Whom the linkage missed, as far as the research environment can tell."""
