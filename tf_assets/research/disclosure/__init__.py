"""Disclosure control: what an intruder could work out from everything that was ever published, and what is done about it."""
