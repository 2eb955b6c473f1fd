"""`make bench`: every measurement that needs nothing but this checkout, one after another.

`python -m benchmarks.linkage` needs public data or a finished home, and says which; `benchmarks.demo` and
`benchmarks.late_return` take minutes.
"""

import subprocess
import sys

BENCHMARKS = ("gate", "effects", "disclosure", "headings", "intake")

for name in BENCHMARKS:
    print(f"\n== {name}", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
