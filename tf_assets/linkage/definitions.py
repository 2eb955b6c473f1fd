"""Code location `linkage`: what sees identifiers and holds the keys; never an outcome."""

import dagster as dg

from tf_assets.governance.sensor import governance_record
from tf_assets.linkage.guarded_process import guard_process
from tf_assets.linkage.identities import assets as identities
from tf_assets.linkage.identities.deliveries import identity_deliveries
from tf_assets.linkage.key_lock import unless_rotating
from tf_assets.linkage.opt_outs import assets as opt_outs
from tf_assets.linkage.opt_outs.landed import opt_out_deliveries
from tf_assets.linkage.release import assets as release
from tf_assets.linkage.resources import LinkageZone
from tf_assets.linkage.returns import assets as returns
from tf_assets.linkage.returns.deliveries import return_deliveries
from tf_assets.linkage.reviews import assets as reviews
from tf_assets.linkage.reviews.deliveries import review_deliveries
from tf_assets.linkage.schedules import (
    JOBS,
    NATIONAL_JOB,
    SCHEDULES,
    council_returns,
    identity_jobs,
    record_opt_outs,
    record_reviews,
)
from tf_assets.linkage.spine import assets as spine
from tf_assets.quality.table_metadata import automation_sensor
from tf_assets.warehouse.deliveries import delivery_sensor

__all__ = ["LANDED", "NATIONAL_JOB", "defs", "load_tools"]

guard_process()  # here, because every process of the location loads this: the code server and each run too

LANDED = {
    "opt_outs": unless_rotating(opt_out_deliveries),
    "reviews": unless_rotating(review_deliveries),
    "returns": unless_rotating(return_deliveries),
    "identities": unless_rotating(identity_deliveries),
}
"""What may have landed for this environment, by kind; nothing while the storage key is being replaced."""


def load_tools() -> None:
    """Import what the national tables need, and the sentence model: ten seconds that can pass beside something else."""
    from tf_assets.linkage.semantic import load_model
    from tf_assets.linkage.spine import extract_links, pictures  # noqa: F401

    load_model()


defs = dg.Definitions(
    assets=dg.load_assets_from_modules([opt_outs, reviews, returns, identities, spine, release]),
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[
        delivery_sensor("opt_outs_landing", [record_opt_outs], LANDED["opt_outs"]),
        delivery_sensor("reviews_recorded", [record_reviews], LANDED["reviews"]),
        delivery_sensor("returns_landing", [council_returns], LANDED["returns"]),
        delivery_sensor("identities_landing", identity_jobs, LANDED["identities"]),
        automation_sensor("linkage"),
        governance_record,
    ],
    resources={"zone": LinkageZone()},
    executor=dg.in_process_executor,
)
