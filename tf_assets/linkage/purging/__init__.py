"""Retention: what is due by `retention.yml`, and its removal."""
