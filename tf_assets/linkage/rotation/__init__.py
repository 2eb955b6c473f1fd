"""Another storage key for everything that the linkage environment has encrypted."""
