"""The linkage engine beside Splink alone, with the truth in hand.

    python -m benchmarks.linkage --febrl DIR              FEBRL dataset 4 (febrl4a.csv, febrl4b.csv), 5,000 x 5,000
    python -m benchmarks.linkage --people 500000x500000   files of the fictional England of these sizes, with families
    python -m benchmarks.linkage --home HOME              a fictional country whose linkage has run: every extract

Each method runs in a process of its own from files on the disk, so that its seconds (from the files to its links) and
its peak of memory are its own. "Splink alone" is set up as its authors would (`benchmarks.splink_alone`).
"""

import argparse
import hashlib
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from benchmarks.linkage_cases import IDS, SET_UPS, Case, country_cases, febrl_case, people_case
from benchmarks.splink_alone import link_by_splink
from tf_assets.linkage.spine.cascade import link
from tf_assets.linkage.spine.hashed_keys import write_hashes
from tf_assets.linkage.spine.hashed_links import link_hashed
from tf_assets.linkage.spine.preparing import PeopleFile

AIM = 0.998
"""The precision at which recall is compared."""


@dataclass(frozen=True)
class Measured:
    """One method on one case; the estimates are the method's own, where it has any."""

    precision: float
    recall: float
    recall_at_aim: float
    seconds: float
    peak_gib: float
    estimates: str
    reliability: pl.DataFrame

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / max(self.precision + self.recall, 1e-9)


@dataclass(frozen=True)
class Found:
    """A method's links, surest first; pairs that it left to a person; what it says of them itself."""

    links: pl.DataFrame
    in_doubt: pl.DataFrame
    said: str = ""


def cascade(case: Case) -> Found:
    """Links of the project's engine."""
    linkage = link(PeopleFile(case.file("left")), PeopleFile(case.file("right")))
    overall = linkage.quality.row(-1, named=True)
    said = "says " + "  ".join(
        f"{what[0].upper()} {overall[f'estimated_{what}']:.4f} ({overall[f'{what}_low']:.4f} to {overall[f'{what}_high']:.4f})"
        for what in ("precision", "recall")
    )
    return Found(linkage.links.sort("probability", "match_weight", descending=True), linkage.clerical, said)


def splink_alone(case: Case) -> Found:
    """Links of Splink alone."""
    left, right = (case.file(name) for name in case.splink_files)
    links = link_by_splink(left, right, SET_UPS[case.set_up]).sort("match_weight", descending=True)
    return Found(links, links.clear())


def hashes_only(case: Case) -> Found:
    """Links by keyed hashes alone, those of the right made here too."""
    key = hashlib.sha256(case.name.encode()).digest()
    with tempfile.TemporaryDirectory() as folder:
        hashes = Path(folder) / "hashes.parquet"
        write_hashes(PeopleFile(case.file("right")), key, hashes)
        links = link_hashed(PeopleFile(case.file("left")), hashes, key).links
    said = f"says P {links['probability'].mean():.4f}"
    return Found(links.sort("probability", descending=True, maintain_order=True), links.clear(), said)


METHODS: dict[str, Callable[[Case], Found]] = {
    "Splink alone": splink_alone,
    "cascade": cascade,
    "hashes only": hashes_only,
}
ASKED_MOST = ("Splink alone", "cascade")


def measure(method: str, case: Case) -> Measured:
    """Run a method on a case; for a process of its own."""
    started = time.perf_counter()
    found = METHODS[method](case)
    links = found.links
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    truth = case.truth().with_columns(is_true=True)
    judged = links.select(IDS).join(truth, on=IDS, how="left", maintain_order="left")["is_true"].fill_null(False)
    n_true = judged.cum_sum()
    is_good = (n_true / pl.int_range(1, len(judged) + 1, eager=True)) >= AIM
    return Measured(
        precision=judged.sum() / max(len(judged), 1),
        recall=judged.sum() / truth.height,
        recall_at_aim=float(n_true.filter(is_good).max() or 0) / truth.height,  # type: ignore[arg-type]
        seconds=seconds,
        peak_gib=peak,
        estimates=found.said,
        reliability=reliability(
            pl.concat([links.select(*IDS, "probability"), found.in_doubt.select(*IDS, "probability")]), truth
        ),
    )


def reliability(pairs: pl.DataFrame, truth: pl.DataFrame) -> pl.DataFrame:
    """By tenth of probability: pairs, the probability that they were given in the mean, and the share that is true."""
    judged = pairs.join(truth, on=IDS, how="left").with_columns(pl.col("is_true").fill_null(False))
    tenth = (pl.col("probability") * 10).floor().clip(upper_bound=9) / 10
    return (
        judged.group_by(tenth.alias("from"))
        .agg(n=pl.len(), said=pl.col("probability").mean().round(4), true=pl.col("is_true").mean().round(4))
        .sort("from")
    )


def report(case: Case, methods: Iterable[str], with_reliability: bool = False) -> None:
    """Print a line a method, and how much of Splink's error is left; if asked, how probabilities came true."""
    of_splink: Measured | None = None
    for method in methods:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            found = pool.apply(measure, (method, case))
        cut = ""
        if of_splink is None and method == "Splink alone":
            of_splink = found
        elif of_splink is not None:
            cut = f"  error cut {1 - (1 - found.f1) / (1 - of_splink.f1):.0%}, time x{found.seconds / of_splink.seconds:.2f}"
        print(
            f"{case.name:<20} {method:<13} P {found.precision:.4f}  R {found.recall:.4f}  F1 {found.f1:.4f}  "
            f"R at P {AIM} {found.recall_at_aim:.4f} {found.seconds:6.1f} s {found.peak_gib:5.2f} GiB"
            f"{cut}  {found.estimates}",
            flush=True,
        )
        if with_reliability:
            print(found.reliability)


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--febrl", type=Path)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--people", nargs="*", default=[], metavar="LEFTxRIGHT")
    parser.add_argument("--slips", type=float, nargs="*", default=[0.0], help="further errors of each side, a field")
    parser.add_argument("--seed", type=int, default=2, help="of the files; the engine was tuned on 1")
    parser.add_argument("--files", type=Path, help="where made files are kept for another time")
    parser.add_argument("--methods", nargs="*", default=list(ASKED_MOST), choices=list(METHODS))
    parser.add_argument("--reliability", action="store_true", help="how the probabilities came true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        files = asked.files or Path(scratch)
        if asked.febrl:
            report(febrl_case(asked.febrl, files / "febrl4"), asked.methods, asked.reliability)
        for size in asked.people:
            n_left, n_right = (int(each) for each in size.split("x"))
            for slips in asked.slips:
                print(f"{n_left:,} x {n_right:,}")
                report(people_case(asked.seed, n_left, n_right, slips, files), asked.methods, asked.reliability)
        if asked.home:
            os.environ["TF_HOME"] = str(asked.home)
            for case in country_cases(files / "extracts"):
                report(case, asked.methods, asked.reliability)


if __name__ == "__main__":
    main()
