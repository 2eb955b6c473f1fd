"""Jobs of the linkage environment, and when they run without being asked."""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from tf_assets.linkage.opt_outs.landed import OPT_OUTS_JOB
from tf_assets.linkage.partitions import council_quarter_partitions, quarter_partitions, year_partitions
from tf_assets.linkage.returns.deliveries import RETURNS_JOB, return_deliveries
from tf_assets.linkage.reviews.deliveries import REVIEWS_JOB
from tf_assets.warehouse.calendar import EXTRACTS, quarter_of
from tf_assets.warehouse.deliveries import DELIVERY_TAG, pending_deliveries, receiving_job
from tf_assets.warehouse.home import Home

NATIONAL_JOB = "link_and_release"

RETURN_DEADLINE = "0 6 1 2,5,8,11 *"
"""06:00 on the first of the second month after a quarter's end: a council has a month to send its return (ours)."""

MONTHLY_RELEASE = "0 2 1 * *"
"""02:00 on the first of each month, ahead of the research environment's evaluation."""

council_returns = dg.define_asset_job(
    RETURNS_JOB,
    selection=["council_register", "return_judgements"],
    partitions_def=council_quarter_partitions,
    description="Read, standardise and judge one council's return for one quarter.",
)

identity_jobs = [
    dg.define_asset_job(
        receiving_job(extract, "identities"),
        selection=[f"{extract}_identities"],
        partitions_def=year_partitions(extract),
        description=f"Receive one year of the identities of {extract}.",
    )
    for extract in EXTRACTS
]

record_opt_outs = dg.define_asset_job(
    OPT_OUTS_JOB,
    selection=["opt_outs"],
    description="Record the opt-outs that have landed or that the command recorded.",
)

record_reviews = dg.define_asset_job(
    REVIEWS_JOB,
    selection=["clerical_decisions"],
    description="Take notice of what reviewers have decided on pairs in doubt.",
)

link_and_release = dg.define_asset_job(
    NATIONAL_JOB,
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets("council_register", "return_judgements", "opt_outs")
    - dg.AssetSelection.groups("identities"),
    description="Link everything that was received and make a release.",
)

JOBS = [council_returns, record_opt_outs, record_reviews, *identity_jobs, link_and_release]


@dg.schedule(
    name="quarterly_return_deadline",
    cron_schedule=RETURN_DEADLINE,
    job=council_returns,
    execution_timezone="Europe/London",
    description="Receives every return of the quarter just ended that no run has dealt with.",
)
def quarterly_return_deadline(
    context: dg.ScheduleEvaluationContext,
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run for each council whose return for the last quarter waits."""
    quarter = _last_quarter(context.scheduled_execution_time.date()).isoformat()
    if quarter not in quarter_partitions.get_partition_keys():
        yield dg.SkipReason(f"The quarter from {quarter} is not one of the programme's.")
        return
    waiting = [
        each
        for each in pending_deliveries(context.instance, return_deliveries(Home.from_environment()))
        if (each.partition_key or "").endswith(f"|{quarter}")
    ]
    if not waiting:
        yield dg.SkipReason(f"No return for the quarter from {quarter} waits.")
    for each in waiting:
        yield dg.RunRequest(
            partition_key=each.partition_key,
            run_key=f"{each.partition_key} {each.fingerprint}",
            tags={DELIVERY_TAG: each.fingerprint},
        )


monthly_release = dg.ScheduleDefinition(
    name="monthly_release",
    job=link_and_release,
    cron_schedule=MONTHLY_RELEASE,
    execution_timezone="Europe/London",
    description="Links and releases once a month, whatever arrived.",
)

SCHEDULES = [quarterly_return_deadline, monthly_release]


def _last_quarter(day: date) -> date:
    """The first day of the quarter before the one that holds `day`."""
    this = quarter_of(day)
    return date(this.year - 1, 10, 1) if this.month == 1 else date(this.year, this.month - 3, 1)
