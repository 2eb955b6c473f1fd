"""The process that opens mutated files: `python -m tests.fuzz.worker SEED START STOP SECONDS`.

Before each file the operating system is told to end the process if the file takes more processor time than the bound;
one line of JSON a file says what came of it. Numbers below the count of hostile files are those, in order.
"""

import json
import resource
import sys
import time
from pathlib import Path

from tests.fuzz.hostile import hostile_files
from tests.fuzz.mutations import mutated
from tests.fuzz.property import BrokenProperty, sentence_of


def file_of(seed: int, number: int) -> tuple[str, bytes]:
    """Name and bytes of a file: the hostile ones first, then the mutated."""
    if number >= N_HOSTILE:
        return mutated(seed, number)
    name, make = list(hostile_files().items())[number]
    return name, make()


N_HOSTILE = len(hostile_files())


def main(seed: int, start: int, stop: int, seconds: int) -> None:
    """Open the files from `start` up to but without `stop`."""
    sentence_of(mutated(seed, 0)[1][:100])  # imports and the like are nobody's processor time
    for number in range(start, stop):
        name, content = file_of(seed, number)
        Path("/proc/self/clear_refs").write_text("5")  # the peak of each file, not of those before it
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY)
        )
        started, broken, sentence = time.process_time(), None, None
        try:
            sentence = sentence_of(content)
        except BrokenProperty as error:
            broken = str(error)
        print(  # noqa: T201
            json.dumps(
                {
                    "number": number,
                    "name": name,
                    "sentence": sentence,
                    "broken": broken,
                    "seconds": time.process_time() - started,
                    "peak": _peak(),
                }
            ),
            flush=True,
        )


def _peak() -> int:
    """Bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:5]))
