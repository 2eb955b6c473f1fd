"""Councils' quarterly returns: read any format, standardise, judge each row, keep the original, tell the council."""
