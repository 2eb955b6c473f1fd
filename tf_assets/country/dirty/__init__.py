"""Council returns as dirty as real ones; every planted fault is written down in the truth."""
