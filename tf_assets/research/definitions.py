"""Code location `research`: outcomes by pseudonym; never an identifier, never a key."""

import importlib
from collections.abc import Iterator

import dagster as dg

from tf_assets.quality.table_metadata import automation_sensor
from tf_assets.research.cohorts import assets as cohorts
from tf_assets.research.effects import assets as effects
from tf_assets.research.extracts import assets as extracts
from tf_assets.research.missed import assets as missed
from tf_assets.research.outcomes import assets as outcomes
from tf_assets.research.publication import assets as publication
from tf_assets.research.schedules import JOBS, NATIONAL_JOB, SCHEDULES, attribute_jobs
from tf_assets.warehouse.deliveries import Delivery, delivery_sensor, extract_deliveries
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.resource import ZoneResource

__all__ = ["LANDED", "NATIONAL_JOB", "defs", "load_tools"]


def attribute_deliveries(home: Home) -> Iterator[Delivery]:
    """Departments' attributes that have landed."""
    return extract_deliveries(home, "attributes")


LANDED = {"attributes": attribute_deliveries}
"""What may have landed for this environment, by kind."""


def load_tools() -> None:
    """Import what the national tables need: seconds that can pass beside something else."""
    for library in ("sklearn.linear_model", "altair", "vl_convert", "gptables"):
        importlib.import_module(library)


defs = dg.Definitions(
    assets=dg.load_assets_from_modules([extracts, cohorts, missed, outcomes, effects, publication]),
    jobs=JOBS,
    schedules=SCHEDULES,
    sensors=[
        delivery_sensor("attributes_landing", attribute_jobs, attribute_deliveries),
        automation_sensor("research"),
    ],
    resources={"zone": ZoneResource(environment="research")},
    executor=dg.in_process_executor,
)
