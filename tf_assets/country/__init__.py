"""The fictional England: people, families, lives and planted effects; only the command line and tests import it."""
