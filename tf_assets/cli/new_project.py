"""The home of another release project, over the files that arrived at this one.

A project's releases must not be joined with another's, so it has its own pseudonym key, its own rounding key (noise is
permanent within one ledger, and a project begins a ledger of its own) and its own record salt, and everything that is
keyed by them is made anew in it. Person ids never leave the linkage environment and reviewers' decisions are about them;
an objection holds in every project: so person_id_key and opt_out_key are taken over. The storage key is fresh.
"""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime

from tf_assets.cli.instance import make_home
from tf_assets.linkage.arrivals import KINDS, ArrivalRegister
from tf_assets.linkage.key_sources import key_source
from tf_assets.linkage.keys import KEY_NAMES, load_keys, made_on, new_key, write_keys
from tf_assets.linkage.opt_outs.store import copy_opt_outs
from tf_assets.linkage.originals import Originals
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home

TAKEN_OVER = ("person_id_key", "opt_out_key")
Progress = Callable[[int, int], None]


def make_project_home(present: Home, new: Home, name: str, progress: Progress = lambda done, total: None) -> int:
    """Make the home of a new project, whole or not at all; the number of files that it took over.

    Both read the same landing area. `EvaluationError` where the name or the place is taken.
    """
    project = present.project()
    if name == project.name:
        raise EvaluationError(f"{name} is this project's own name. Give the new one another.")
    if new.root.exists():
        raise EvaluationError(f"{new.root} is there already. Give a place where nothing is.")
    draft = Home(new.root.with_name(f".new-{new.root.name}"))
    had_dagster = os.environ.get("DAGSTER_HOME")
    try:
        shutil.rmtree(draft.root, ignore_errors=True)  # of a command that was killed
        draft.root.mkdir(parents=True)
        draft.landing.symlink_to(present.landing.resolve(), target_is_directory=True)
        make_home(draft, name, is_demo=project.is_demo)
        storage_key = _make_keys(present, draft)
        n_files = _take_over(present, draft, storage_key, progress)
        draft.root.rename(new.root)
    finally:
        shutil.rmtree(draft.root, ignore_errors=True)
        os.environ.pop("DAGSTER_HOME", None)
        if had_dagster is not None:
            os.environ["DAGSTER_HOME"] = had_dagster
    return n_files


def _make_keys(present: Home, new: Home) -> str:
    """Write the new home's key file; its storage key. It is not read back: a variable may hold the present home's keys."""
    keys = asdict(load_keys(present))
    made = {name: keys[name] if name in TAKEN_OVER else new_key() for name in KEY_NAMES}
    today = datetime.now(UTC).date().isoformat()
    known = {name: day.isoformat() for name, day in made_on(key_source(present).read()).items()}
    write_keys(new, made, {**known, **{name: today for name in KEY_NAMES if name not in TAKEN_OVER}})
    return made["storage_key"]


def _take_over(present: Home, new: Home, storage_key: str, progress: Progress) -> int:
    """Copy the register of arrivals, opt-outs, and each original under the new home's storage key."""
    arrivals = ArrivalRegister.of_home(present).all(*KINDS)
    here = Originals(present.zone("linkage"), load_keys(present).storage_key)
    there = Originals(new.zone("linkage"), storage_key)
    originals = sorted({each.sha256 for each in arrivals})
    for number, sha256 in enumerate(originals, start=1):
        if here.is_purged(sha256):
            there.copy_word(here, sha256)
        else:
            there.take_over(here, sha256)
        progress(number, len(originals))
    register = ArrivalRegister.of_home(new)
    for arrival in arrivals:
        register.record(arrival)
    copy_opt_outs(present.zone("linkage"), new.zone("linkage"), datetime.max)
    return len(originals)
