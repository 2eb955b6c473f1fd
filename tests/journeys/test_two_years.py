"""Two programme years of returns in random order: on time, late, corrected, for the wrong quarter, twice, unusable,
withdrawn, opted out; handled as they come, or in any other order. Each play ends as a rebuild from nothing does.

The intake runs as its assets run it, through stage, audit and publish, but without Dagster around it.
"""

import os
import shutil
import tempfile
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tf_assets.linkage.arrivals import ArrivalRegister
from tf_assets.linkage.keys import create_keys, load_keys
from tf_assets.linkage.opt_outs.applying import find_opted_out
from tf_assets.linkage.opt_outs.evidence import judge
from tf_assets.linkage.opt_outs.store import opt_outs_in_force, record_opt_outs
from tf_assets.linkage.partitions import Slot
from tf_assets.linkage.registering import originals_of
from tf_assets.linkage.returns.assets import published_tables, receive_return
from tf_assets.linkage.returns.deliveries import return_deliveries
from tf_assets.linkage.returns.receipts import FileVerdict, receipts
from tf_assets.linkage.returns.slots import landed_files, register_landed
from tf_assets.linkage.returns.withdrawing import withdraw_return
from tf_assets.linkage.spine.clusters import cluster_register
from tf_assets.quality.publishing import publish_all, stage_and_audit
from tf_assets.quality.suites import suite_for
from tf_assets.warehouse.calendar import FIRST_QUARTER, next_quarter
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import load_schemas
from tf_assets.warehouse.zone import Data, Zone

COUNCILS = ("E06000001", "E06000002", "E08000003")
N_QUARTERS = 8
PEOPLE = 9
HEADINGS = (
    "family_ref,person_ref,forename,surname,date_of_birth,sex,postcode,programme_group,assessment_date,start_date\n"
)
FORENAMES = ("Amira", "Bela", "Cyril", "Dora", "Edwin", "Farah", "Gwen", "Hugo", "Ines")
SURNAMES = ("Zzyzxcanary", "Quenildason", "Brambleworth")


def quarters() -> list[date]:
    found = [FIRST_QUARTER]
    while len(found) < N_QUARTERS:
        found.append(next_quarter(found[-1]))
    return found


QUARTERS = quarters()


def return_of(council: int, quarter: int, version: int) -> bytes:
    """A council's register: a family more each quarter; each version leaves out one person and moves another."""
    rows = []
    for person in range(min(PEOPLE, 3 + quarter)):
        if version and person == version % 3:
            continue
        started = QUARTERS[min(person, quarter)] + timedelta(days=10 + council)
        is_waiting = person == quarter
        rows.append(
            f"F{person // 2},P{person},{FORENAMES[person]},{SURNAMES[council]},{3 + person:02d}/0{1 + council}/{1980 + person},"
            f"{'FM'[person % 2]},TS{1 + council} {1 + version % 9}AB,{'awaiting' if is_waiting else 'programme'},"
            f"{started - timedelta(days=5):%d/%m/%Y},{'' if is_waiting else f'{started:%d/%m/%Y}'}\n"
        )
    return (HEADINGS + "".join(rows)).encode()


def zone_of(home: Home) -> Zone:
    schemas = {name: schema for (environment, name), schema in load_schemas().items() if environment == "linkage"}
    return Zone("linkage", home.zone("linkage"), schemas, load_keys(home).storage_key)


def publish(zone: Zone, tables: dict[str, Data], partition_key: str | None = None) -> None:
    """Stage, audit and publish tables that are made together."""
    audited = {
        name: stage_and_audit(zone, suite_for("linkage", name), name, data, partition_key)
        for name, data in tables.items()
    }
    publish_all(zone, audited)


def handle(home: Home, partition_keys: Iterable[str]) -> None:
    """Receive slots as the asset `council_return` does: what is refused leaves what stands, and says why."""
    zone = zone_of(home)
    for key in partition_keys:
        verdict = receive_return(home, Slot.of_key(key))
        publish(zone, {name: made.data for name, made in published_tables(verdict).items()}, key)


def end_of(home: Home) -> dict[str, pl.DataFrame]:
    """Every table that follows from the returns alone."""
    register_landed(home, landed_files(home.landing))  # as the asset `return_receipts` does
    zone, keys = zone_of(home), load_keys(home)
    in_force = opt_outs_in_force(zone.root, key=keys.opt_out_key)
    with zone.connect() as connection:
        out = find_opted_out(connection, in_force, keys.opt_out_key)
        told = connection.sql("SELECT * FROM return_judgements WHERE row_number = 0 AND severity = 'refused'").pl()
    publish(zone, {"opted_out_records": out.records, "opted_out_identities": out.identities})
    models = load_models("linkage")
    publish(zone, {name: models[name].sql for name in ("register_changes", "register_people", "register_programme")})
    judged = {
        (f"{row['council_code']}/{row['quarter_date']}", row["source_sha256"]): FileVerdict("refused", row["sentence"])
        for row in told.iter_rows(named=True)
    }
    found = {
        name: zone.read(name)
        for name in (
            *("council_register", "return_judgements", "opted_out_records"),
            *("register_changes", "register_people", "register_programme"),
        )
    }
    found["return_receipts"] = receipts(ArrivalRegister.of_home(home).all("return", "withdrawal"), judged, in_force.n)
    if not found["register_people"].is_empty():
        found["register_clusters"] = cluster_register(found["register_people"], keys.person_id_key)
    return {name: table.sort(table.columns, nulls_last=True) for name, table in found.items()}


def pending(home: Home, handled: dict[str, str]) -> list[str]:
    """Partitions whose fingerprint is not the one that was handled, as the sensor asks for them."""
    found = {each.partition_key: each.fingerprint for each in return_deliveries(home) if each.partition_key}
    return [key for key, fingerprint in found.items() if handled.get(key) != fingerprint]


slots = st.tuples(st.integers(0, 1), st.integers(0, 2))
"""Few, so that things happen to the same slot more than once."""

delays = st.integers(1, 700)


class TwoYears(RuleBasedStateMachine):
    """The transfer area of three councils, and an intake that handles it whenever it comes to it."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.home = Home(self.folder / "home")
        self.home.landing.mkdir(parents=True)
        create_keys(self.home)
        self.handled: dict[str, str] = {}
        self.sent: dict[tuple[int, int], bytes] = {}
        self.n_files = 0

    def _land(
        self, slot: tuple[int, int], content: bytes, delay: int, is_handled: bool, name: str | None = None
    ) -> None:
        council, quarter = slot
        self.n_files += 1
        folder = self.home.landing / "returns" / COUNCILS[council] / QUARTERS[quarter].isoformat()
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (name or f"Zzyzxcanary {self.n_files}.csv")
        path.write_bytes(content)
        arrived = datetime.combine(next_quarter(QUARTERS[quarter]), datetime.min.time(), tzinfo=UTC)
        at = (arrived + timedelta(days=delay)).timestamp()
        os.utime(path, (at, at))
        if is_handled:
            key = Slot(COUNCILS[council], QUARTERS[quarter]).partition_key
            asked = [each for each in pending(self.home, self.handled) if each == key]
            handle(self.home, asked)
            self._note(asked)

    @rule(slot=slots, delay=delays, version=st.integers(0, 3), is_handled=st.booleans())
    def send(self, slot: tuple[int, int], delay: int, version: int, is_handled: bool) -> None:
        """On time, late, or corrected: whatever is dated last counts."""
        self.sent[slot] = return_of(*slot, version)
        self._land(slot, self.sent[slot], delay, is_handled)

    @rule(council=st.integers(0, len(COUNCILS) - 1), n=st.integers(2, N_QUARTERS))
    def send_all_on_time(self, council: int, n: int) -> None:
        for quarter in range(n):
            self.send((council, quarter), 20, 0, False)

    @rule(slot=slots, delay=delays, is_handled=st.booleans())
    def send_twice(self, slot: tuple[int, int], delay: int, is_handled: bool) -> None:
        self._land(slot, self.sent.get(slot, b""), delay, is_handled)

    @rule(slot=slots, other=st.integers(0, N_QUARTERS - 1), delay=delays, is_handled=st.booleans())
    def send_for_the_wrong_quarter(self, slot: tuple[int, int], other: int, delay: int, is_handled: bool) -> None:
        self._land(slot, return_of(slot[0], other, 0), delay, is_handled)

    @rule(
        slot=slots,
        delay=delays,
        content=st.sampled_from([b"", b"%PDF-1.4", b"a,b\n1,2\n", b"PK\x03\x04torn"]),
        is_handled=st.booleans(),
    )
    def send_what_cannot_be_used(self, slot: tuple[int, int], delay: int, content: bytes, is_handled: bool) -> None:
        self._land(slot, content, delay, is_handled)

    @rule(slot=slots, delay=delays, is_handled=st.booleans())
    def withdraw(self, slot: tuple[int, int], delay: int, is_handled: bool) -> None:
        if slot in self.sent:
            path = withdraw_return(self.home, COUNCILS[slot[0]], QUARTERS[slot[1]].isoformat(), "by mistake")
            content = path.read_bytes()
            path.unlink()
            self._land(slot, content, delay, is_handled, path.name)

    @rule(council=st.integers(0, len(COUNCILS) - 1), person=st.integers(0, PEOPLE - 1))
    def opt_out(self, council: int, person: int) -> None:
        now = datetime.now(UTC)
        asked = pl.DataFrame({"row_number": [1], "council": [COUNCILS[council]], "person_ref": [f"P{person}"]})
        record_opt_outs(
            self.home.zone("linkage"), judge(asked).usable, load_keys(self.home).opt_out_key, now, now, is_landed=False
        )

    @rule(data=st.data())
    def handle_some(self, data: st.DataObject) -> None:
        """The sensor's runs end in any order, and some wait."""
        waiting = pending(self.home, self.handled)
        if waiting:
            chosen = data.draw(st.lists(st.sampled_from(waiting), unique=True, max_size=4))
            handle(self.home, chosen)
            self._note(chosen)

    def _note(self, keys: Iterable[str]) -> None:
        found = {each.partition_key: each.fingerprint for each in return_deliveries(self.home)}
        self.handled |= {key: found[key] for key in keys}

    @invariant()
    def nothing_is_left_half_done(self) -> None:
        if hasattr(self, "home"):
            assert list((self.home.zone("linkage") / "staging").glob("*")) == []

    def teardown(self) -> None:
        if not hasattr(self, "home"):
            return
        try:
            self._compare_with_rebuild()
        finally:
            shutil.rmtree(self.folder)

    def _compare_with_rebuild(self) -> None:
        waiting = pending(self.home, self.handled)
        handle(self.home, waiting)
        self._note(waiting)
        assert pending(self.home, self.handled) == []
        step_by_step = end_of(self.home)

        other = Home(self.folder / "other")
        shutil.copytree(self.home.landing, other.landing)
        shutil.copytree(self.home.keys, other.keys)
        opted_out = self.home.zone("linkage") / "opt_outs"
        if opted_out.exists():
            shutil.copytree(opted_out, other.zone("linkage") / "opt_outs")
        handle(other, reversed(pending(other, {})))
        from_nothing = end_of(other)

        assert step_by_step.keys() == from_nothing.keys()
        for name, table in step_by_step.items():
            assert table.equals(from_nothing[name]), name
        originals = originals_of(self.home)
        assert all(originals.holds(each.sha256) for each in ArrivalRegister.of_home(self.home).all("return"))


TwoYears.TestCase.settings = settings(
    max_examples=10,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
TestTwoYears = TwoYears.TestCase
