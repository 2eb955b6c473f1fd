"""People who object to taking part: kept as keyed hashes, and out of everything that is linked or released."""
