"""`make fuzz`: open many mutated files, say what came of them, keep those that break the property.

python -m tests.fuzz [--files 10000] [--seed 1] [--seconds 20]
python -m tests.fuzz --replay .tf/fuzz/1-000123.bin
"""

import argparse
import secrets
import sys
from collections import Counter
from pathlib import Path

from tests.fuzz.campaign import Opened, findings_of, open_files
from tests.fuzz.property import sentence_of
from tests.fuzz.worker import file_of

MOST_MEMORY = 2 * 2**30


def main() -> int:
    """The number of findings, at most 1."""
    options = _options()
    if options.replay:
        print(sentence_of(options.replay.read_bytes()) or "The return is accepted.")
        return 0
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"{options.files:,} files, seed {seed}, at most {options.seconds} s of processor time for each", flush=True)
    opened: list[Opened] = []
    for each in open_files(seed, options.files, options.seconds):
        opened.append(each)
        if len(opened) % 250 == 0:
            print(f"  {len(opened):6,} opened, {len(findings_of(opened, MOST_MEMORY))} findings", flush=True)
    findings = findings_of(opened, MOST_MEMORY)
    options.keep.mkdir(parents=True, exist_ok=True)
    for each, why in findings:
        path = options.keep / f"{seed}-{each.number:06d}.bin"
        path.write_bytes(file_of(seed, each.number)[1])
        print(f"{path}  {each.name}\n    {why}")
    _summarise(opened, len(findings))
    return min(len(findings), 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--keep", type=Path, default=Path(".tf/fuzz"))
    parser.add_argument("--replay", type=Path)
    return parser.parse_args()


def _summarise(opened: list[Opened], n_findings: int) -> None:
    slowest, largest = max(opened, key=lambda each: each.seconds), max(opened, key=lambda each: each.peak)
    accepted = sum(each.sentence is None and each.broken is None for each in opened)
    print(f"\n{len(opened):,} files: {accepted:,} accepted, {n_findings} findings")
    print(f"slowest: {slowest.seconds:.1f} s of processor time ({slowest.name})")
    print(f"largest peak: {largest.peak / 2**20:,.0f} MiB ({largest.name})\n")
    for sentence, n in Counter(_kind(each.sentence) for each in opened if each.sentence).most_common(40):
        print(f"{n:6,}  {sentence}")


def _kind(sentence: str) -> str:
    """A sentence without its own numbers and headings."""
    short = "".join("N" if letter.isdigit() else letter for letter in sentence.split("“")[0])
    while "NN" in short:
        short = short.replace("NN", "N")
    return short[:140]


if __name__ == "__main__":
    sys.exit(main())
