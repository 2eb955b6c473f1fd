"""The linkage environment: identifiers, keys and the spine; never an outcome."""
