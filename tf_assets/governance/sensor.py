"""Under Dagster's daemon: the record is brought up to date when anything that it tells of may have changed."""

import hashlib

import dagster as dg

from tf_assets.governance.evidence import evidence_files
from tf_assets.governance.release_facts import has_release
from tf_assets.governance.retention import PURGES
from tf_assets.governance.writing import write_record
from tf_assets.warehouse.home import Home


@dg.sensor(
    name="governance_record",
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Writes the record for the information governance board into governance/, for each release and again after "
    "each run or check. It asks for no run.",
)
def governance_record(context: dg.SensorEvaluationContext) -> dg.SkipReason:
    """Write the record unless nothing happened since."""
    home = Home.from_environment()
    if not has_release(home):
        return dg.SkipReason("There is no release as yet.")
    state = _state(home, context.instance)
    if context.cursor == state:
        return dg.SkipReason("Nothing happened since the record was written.")
    record, _ = write_record(home, context.instance)
    context.update_cursor(state)
    return dg.SkipReason(f"The record of release {record.release.release_id} is up to date.")


def _state(home: Home, instance: dg.DagsterInstance) -> str:
    """Changes with every event of Dagster's and every result of a check."""
    release = home.releases / "current.json"
    purges = home.zone("linkage") / PURGES
    files = (release, home.published / "current.json", purges, *evidence_files(home))
    told = [(path.name, path.stat().st_mtime_ns) for path in files if path.exists()]
    said = (instance.event_log_storage.get_maximum_record_id(), told)
    return hashlib.sha256(repr(said).encode()).hexdigest()
