"""The demo run, from an empty home to the summary: wall time, and the peak of the memory of all its processes together.

    python -m benchmarks.demo

The home is a temporary one. Resident memory is sampled three times a second.
"""

import os
import subprocess
import sys
import tempfile
import time

import psutil


def main() -> None:
    """Run the demo once and print the two figures."""
    with tempfile.TemporaryDirectory() as home:
        started = time.monotonic()
        run = subprocess.Popen(
            [sys.executable, "-m", "tf_assets.cli", "demo"], env={**os.environ, "TF_HOME": f"{home}/home"}
        )
        peak = 0
        while run.poll() is None:
            peak = max(peak, _resident(psutil.Process(run.pid)))
            time.sleep(0.3)
        seconds = time.monotonic() - started
    print(f"\nThe demo ended with {run.returncode} after {seconds:.0f} s; peak memory {peak / 2**30:.1f} GiB.")
    sys.exit(run.returncode)


def _resident(parent: psutil.Process) -> int:
    """Resident bytes of a process and of all that it started; a process that has just ended counts for nothing."""
    try:
        return sum(each.memory_info().rss for each in [parent, *parent.children(recursive=True)])
    except psutil.Error:
        return 0


if __name__ == "__main__":
    main()
