"""Jobs of the research environment, and when they run without being asked."""

import dagster as dg

from tf_assets.research.partitions import year_partitions
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.deliveries import receiving_job

NATIONAL_JOB = "evaluate_and_publish"

MONTHLY_EVALUATION = "0 6 1 * *"
"""06:00 on the first of each month, after the linkage environment's monthly release."""

attribute_jobs = [
    dg.define_asset_job(
        receiving_job(extract, "attributes"),
        selection=[f"{extract}_attributes"],
        partitions_def=year_partitions(extract),
        description=f"Receive one year of the attributes of {extract}.",
    )
    for extract in EXTRACTS
]

evaluate_and_publish = dg.define_asset_job(
    NATIONAL_JOB,
    selection=dg.AssetSelection.all() - dg.AssetSelection.assets(*(f"{extract}_attributes" for extract in EXTRACTS)),
    description="Timelines, cohorts, outcomes, effects and publication, as at the current release.",
)

JOBS = [*attribute_jobs, evaluate_and_publish]

SCHEDULES = [
    dg.ScheduleDefinition(
        name="monthly_evaluation",
        job=evaluate_and_publish,
        cron_schedule=MONTHLY_EVALUATION,
        execution_timezone="Europe/London",
        description="Evaluates and publishes once a month, as at the current release.",
    )
]
