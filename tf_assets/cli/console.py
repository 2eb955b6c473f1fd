"""Where the command line writes to."""

import sys

from rich.console import Console

WIDTH_OF_FILES = 140
"""Characters of a line where no terminal says how wide it is."""

console = Console(width=None if sys.stdout.isatty() else WIDTH_OF_FILES)
