"""Results of the checks that are run beside a release: the search for canaries, the doors, the attack, the keys.

    governance/evidence/canaries.json  doors.json  keys.json    written by the command that makes the check
    research/ledger/attack.json                                 written by each publication (and `tf-eval attack`)

A check that left no result that can be seen counts as not run, and the record says so.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tf_assets.governance.seen import read_json
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import write_whole

CANARIES, DOORS, KEYS = "canaries.json", "doors.json", "keys.json"


@dataclass(frozen=True)
class Current:
    """The release and the publication that are current; None where there is none."""

    release_id: str | None
    publication_id: str | None


@dataclass(frozen=True)
class Canaries:
    """A search for planted identifiers: of how many, in how many files; the files in which any was found; beside: what was
    current."""

    beside: Current
    n_canaries: int
    n_files: int
    found: tuple[str, ...]


@dataclass(frozen=True)
class Doors:
    """Files that crossed each door, counted; those that nobody declared, and those that hold a person although they may not;
    beside: as of `Canaries`."""

    beside: Current
    crossed: Mapping[str, int]
    undeclared: tuple[str, ...]
    personal: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """One kind of group that the intruder was after: how many small groups of the kind were attacked, how many of them were
    found exactly, how many within a narrow margin, and the narrowest margin (people), None where there was no group or no end
    to it."""

    target: str
    n_targets: int
    n_exact: int
    n_narrow: int
    narrowest: float | None


@dataclass(frozen=True)
class Attack:
    """An attack on the ledger: on how many figures, and what was found of each kind of group; last_hash: the end of the
    chain that was attacked, None where the result does not say it."""

    n_figures: int
    targets: tuple[Target, ...]
    last_hash: str | None

    @property
    def n_found(self) -> int:
        """Small groups that were found within the limit, exactly or nearly."""
        return sum(max(target.n_exact, target.n_narrow) for target in self.targets)


@dataclass(frozen=True)
class Key:
    """A key: where it comes from, its fingerprint (never the key), and the day since which it is in use, if known."""

    name: str
    source: str
    fingerprint: str
    since: str | None


@dataclass(frozen=True)
class Keys:
    """The keys that were examined, and what must be mended."""

    keys: tuple[Key, ...]
    faults: tuple[str, ...]


def read_canaries(home: Home) -> Canaries | None:
    """The last search; None where none was made."""
    said = _read(_evidence(home, CANARIES), "Search again with `tf-eval verify`.")
    if said is None:
        return None
    with _told_well(_evidence(home, CANARIES)):
        return Canaries(Current(**said["beside"]), int(said["n_canaries"]), int(said["n_files"]), tuple(said["found"]))


def record_canaries(home: Home, n_canaries: int, n_files: int, found: Iterable[str]) -> None:
    """Write a search down beside what is current; found: paths below the home, never a value."""
    said = {"n_canaries": n_canaries, "n_files": n_files, "found": sorted(found)}
    _record(_evidence(home, CANARIES), {"beside": asdict(read_current(home)), **said})


def read_doors(home: Home) -> Doors | None:
    """What crossed the doors when that was last examined; None where it was not."""
    said = _read(_evidence(home, DOORS), "Examine the doors again with `tf-eval verify`.")
    if said is None:
        return None
    with _told_well(_evidence(home, DOORS)):
        crossed = {str(door): int(n) for door, n in said["crossed"].items()}
        return Doors(Current(**said["beside"]), crossed, tuple(said["undeclared"]), tuple(said["personal"]))


def record_doors(home: Home, crossed: Mapping[str, int], undeclared: Iterable[str], personal: Iterable[str]) -> None:
    """Write down what crossed each door beside what is current. crossed: how many files, by door; the others:
    paths below the home."""
    said = {"crossed": dict(crossed), "undeclared": sorted(undeclared), "personal": sorted(personal)}
    _record(_evidence(home, DOORS), {"beside": asdict(read_current(home)), **said})


def attack_file(home: Home) -> Path:
    """Where the attack on a home's ledger leaves its result."""
    return home.zone("research") / "ledger" / "attack.json"


def read_attack(home: Home) -> Attack | None:
    """The last attack; None where none was made."""
    said = _read(attack_file(home), "Attack again with `tf-eval attack`.")
    if said is None:
        return None
    with _told_well(attack_file(home)):
        targets = tuple(
            Target(
                str(each["target"]),
                int(each["n_targets"]),
                int(each["n_exact"]),
                int(each["n_narrow"]),
                _finite(each["narrowest"]),
            )
            for each in said["targets"]
        )
        return Attack(int(said["n_figures"]), targets, said.get("last_hash"))


def _finite(margin: float | None) -> float | None:
    """A margin; None where there is none, or where it is without end."""
    return float(margin) if margin is not None and math.isfinite(margin) else None


def read_keys(home: Home) -> Keys | None:
    """The keys when they were last examined; None where they were not."""
    said = _read(_evidence(home, KEYS), "Examine the keys again with `tf-eval keys check`.")
    if said is None:
        return None
    with _told_well(_evidence(home, KEYS)):
        keys = tuple(Key(each["name"], each["source"], each["fingerprint"], each["since"]) for each in said["keys"])
        return Keys(keys, tuple(said["faults"]))


def record_keys(home: Home, keys: Iterable[Mapping[str, str | None]], faults: Iterable[str]) -> None:
    """Write down where each key comes from. keys: name, source, fingerprint and since of each; never a key."""
    told = [{name: each[name] for name in ("name", "source", "fingerprint", "since")} for each in keys]
    _record(_evidence(home, KEYS), {"keys": told, "faults": list(faults)})


def evidence_files(home: Home) -> tuple[Path, ...]:
    """Where all results of checks lie, or would."""
    return (*(_evidence(home, name) for name in (CANARIES, DOORS, KEYS)), attack_file(home))


def _evidence(home: Home, name: str) -> Path:
    return home.governance / "evidence" / name


def read_current(home: Home) -> Current:
    """What is current in a home."""
    release = _read(home.releases / "current.json", "Make the release again.") or {}
    publication = _read(home.published / "current.json", "Publish again.") or {}
    return Current(release.get("release_id"), publication.get("publication_id"))


def _read(path: Path, remedy: str) -> dict[str, Any] | None:
    try:
        return read_json(path, remedy) if path.is_file() else None
    except PermissionError:  # in a folder that is closed to whoever writes the record
        return None


def _record(path: Path, said: Mapping[str, object]) -> None:
    write_whole(path, json.dumps(said, indent=1, sort_keys=True) + "\n")


@contextmanager
def _told_well(path: Path) -> Iterator[None]:
    """Turn what a result lacks into a sentence."""
    try:
        yield
    except (KeyError, TypeError, ValueError):
        raise EvaluationError(
            f"{path.parent.name}/{path.name} is not a result that the record can read. Make the check again."
        ) from None
