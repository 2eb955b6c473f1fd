"""The research environment: outcomes by pseudonym; never an identifier or a key."""
