"""What a worker may be asked for beside a phase: words that whoever asks and whoever does must share, and nothing heavy."""

FROM_THE_END = " from the end"
COUNT_PENDING = "count pending"
END_ABANDONED = "end abandoned runs"
LOAD_GATES = "load gates"
LOAD_TOOLS = "load tools"
