"""Files and folders of a home with an age: what landed, what was left, feedback, logs, releases."""

import json
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister, file_time
from tf_assets.linkage.originals import Originals, file_sha256
from tf_assets.linkage.purging.thing import REMOVED_PREFIX, Thing, changed_at, file_thing, folder_thing, remove_folder
from tf_assets.linkage.registering import LANDING_AREA
from tf_assets.linkage.release.writing import CURRENT, MANIFEST, PURGED
from tf_assets.linkage.returns.slots import landed_files
from tf_assets.warehouse.errors import KeysRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.landing import landed_extracts
from tf_assets.warehouse.whole_files import sync_folder

LAID_ASIDE = "%Y%m%dT%H%M%S"


def landed_originals(home: Home, originals: Originals) -> Iterator[Thing]:
    """Returns and identities in the landing area whose arrival is recorded; each is read back from the originals before the
    readable file is removed, and stays where that fails. Of one whose original is purged nothing need stay."""
    register = ArrivalRegister.of_home(home)
    for path, arrival in _landed(home):
        known = next(
            (each for each in register.of_slot([arrival.kind], arrival.slot) if each.order == arrival.order), None
        )
        if known and (originals.holds(known.sha256) or originals.is_purged(known.sha256)):
            since = max(known.known_at, register.recorded_at(known))
            yield Thing(since, lambda path=path, known=known: _remove_landed(path, known, originals))  # type: ignore[misc]


def _landed(home: Home) -> Iterator[tuple[Path, Arrival]]:
    for file in landed_files(home.landing):
        yield file.path, file.arrival()
    for extract in landed_extracts(home.landing, "identities"):
        received_at = file_time(extract.path)
        slot = f"{extract.extract}/{extract.partition_key}"
        sha256, n_bytes = file_sha256(extract.path), extract.path.stat().st_size
        yield extract.path, Arrival("identities", slot, sha256, received_at, received_at, n_bytes, LANDING_AREA)


def _remove_landed(path: Path, known: Arrival, originals: Originals) -> None:
    if not originals.is_purged(known.sha256):
        try:
            originals.prove(originals.path(known.sha256), known.sha256)
        except KeysRefused:
            return
    if file_sha256(path) == known.sha256:  # and not a file that came meanwhile
        path.unlink()


def left_behind(home: Home) -> Iterator[Thing]:
    """What killed processes left: staged tables, spilled rows, drafts, homes of rebuilds, folders half removed."""
    zone = home.zone("linkage")
    for zone_root in (zone, home.zone("research")):
        yield from map(file_thing, _files(zone_root.glob("staging/*")))
        yield from map(file_thing, _files(zone_root.glob("spill/*")))
        yield from map(file_thing, _files(zone_root.glob("kept/.*")))
    yield from map(file_thing, _files(zone.glob("originals/*/.*")))
    yield from map(file_thing, _files(zone.glob("arrivals/**/.*")))
    for folder in (
        *home.root.glob(".rebuild-*"),
        *home.releases.glob(".draft-*"),
        *home.root.rglob(f"{REMOVED_PREFIX}*"),
    ):
        if folder.is_dir():
            yield folder_thing(folder)


def written_feedback(home: Home) -> Iterator[Thing]:
    """The feedback on each return, a folder each, and on opt-outs, a file each."""
    for page in home.feedback.glob("*/*/feedback.html"):
        yield folder_thing(page.parent, changed_at(page))
    yield from map(file_thing, home.feedback.glob("opt-outs/*.csv"))


def worker_logs(home: Home) -> Iterator[Thing]:
    """Logs that were laid aside: their names say when."""
    for path in home.root.glob("*.log.*"):
        try:
            laid_aside = datetime.strptime(path.suffix[1:], LAID_ASIDE)
        except ValueError:
            continue
        yield file_thing(path, laid_aside)


def lay_logs_aside(home: Home, now: datetime) -> None:
    """Begin the workers' logs anew, for whoever holds the home: the age of a line is not known, that of a file is."""
    for path in home.root.glob("*.log"):
        if path.stat().st_size:
            path.rename(path.with_name(f"{path.name}.{now:{LAID_ASIDE}}"))


def compute_logs(home: Home) -> Iterator[Thing]:
    """What steps printed, in the place where Dagster's own manager of such logs keeps it."""
    for folder in home.dagster.glob("storage/*/compute_logs"):
        yield folder_thing(folder)


def past_releases(home: Home) -> Iterator[Thing]:
    """Releases that are not current; the manifest stays, so that a rebuild can still be compared with it."""
    pointer = home.releases / CURRENT
    current = json.loads(pointer.read_text())["release_id"] if pointer.exists() else None
    for manifest in home.releases.glob(f"[!.]*/{MANIFEST}"):
        if manifest.parent.name != current:
            yield Thing(changed_at(manifest), lambda manifest=manifest: _remove_release(home, manifest))  # type: ignore[misc]


def _remove_release(home: Home, manifest: Path) -> None:
    word = home.releases / PURGED / f"{manifest.parent.name}.json"
    word.parent.mkdir(exist_ok=True)
    draft = word.with_name(f".{word.name}")
    draft.unlink(missing_ok=True)
    draft.write_bytes(manifest.read_bytes())
    made = manifest.stat()
    os.utime(draft, ns=(made.st_atime_ns, made.st_mtime_ns))  # by which a rebuild finds the release of a date
    draft.chmod(0o440)
    sync_folder(draft)
    draft.replace(word)
    sync_folder(word.parent)
    remove_folder(manifest.parent)


def rebuilt_releases(home: Home) -> Iterator[Thing]:
    """Releases that were made again."""
    yield from (folder_thing(path) for path in (home.root / "rebuilt").glob("[!.]*") if path.is_dir())


def now_utc() -> datetime:
    """The present moment in UTC, without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.is_file())
