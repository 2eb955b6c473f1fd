"""The effect of a treatment on the treated, on any table: matching, weighting, entropy balancing, doubly robust."""
