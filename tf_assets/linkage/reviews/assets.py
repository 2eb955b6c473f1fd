"""The asset of clerical review: the decisions that stand."""

import dagster as dg

from tf_assets.linkage.reviews.decisions import by_probability, standing
from tf_assets.linkage.reviews.store import decisions_fingerprint, recorded_decisions
from tf_assets.quality.gate import Made, Produced, gated_asset
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone


def _recorded() -> str:
    return decisions_fingerprint(Home.from_environment())


@gated_asset("clerical_decisions", beside=_recorded)
def clerical_decisions(context: dg.AssetExecutionContext, zone: Zone) -> Made:
    """The decisions that stand, one a pair."""
    recorded = recorded_decisions(Home.from_environment())
    verdicts = by_probability(recorded)
    table = "\n".join(
        ["| probability from | decided | same |", "|---|---|---|"]
        + [f"| {tenth:.1f} | {n} | {share:.0%} |" for tenth, n, share in verdicts.iter_rows()]
    )
    return Produced(
        standing(recorded),
        metadata={"decisions ever recorded": recorded.height, "verdicts by probability": dg.MetadataValue.md(table)},
    )
