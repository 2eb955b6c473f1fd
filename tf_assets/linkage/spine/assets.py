"""The spine's assets: each loads tables, calls one function, and hands the result to the gate."""

from collections.abc import Mapping

import dagster as dg
import polars as pl

from tf_assets.linkage.keys import keyed_digest, load_keys
from tf_assets.linkage.spine.register_identities import REGISTER_IDENTITIES_SQL
from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import Made, Produced, gated_asset, gated_multi_asset, sql_assets
from tf_assets.quality.link_rates import largest_shortfall, rate_links
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone

spine_models = sql_assets("linkage", "spine")


def _person_id_key() -> str:
    """What tells one key of person ids from another; it tells nothing else."""
    return keyed_digest(load_keys(Home.from_environment()).person_id_key, "what register_clusters is made of")


@gated_asset("register_clusters", deps=["register_people"], beside=_person_id_key)
def register_clusters(context: dg.AssetExecutionContext, zone: Zone) -> Made:
    """Who on the registers is the same person."""
    from tf_assets.linkage.spine.clusters import cluster_register

    clusters = cluster_register(zone.read("register_people"), load_keys(Home.from_environment()).person_id_key)
    n_people = clusters["person_id"].n_unique()
    return Produced(clusters, metadata={"people": n_people, "records brought together": clusters.height - n_people})


@gated_multi_asset(
    ["record_links", "clerical_pairs", "link_quality"],
    deps=["council_register", "register_clusters", "department_people", "clerical_decisions"],
)
def record_links(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Made]:
    """Everybody on the registers linked to each department's extract."""
    # Splink and Altair take seconds to import, and the definitions load in every process
    from tf_assets.linkage.spine.decided_pairs import CLERICAL
    from tf_assets.linkage.spine.extract_links import link_extracts
    from tf_assets.linkage.spine.pictures import link_rates_markdown, weight_histogram_markdown

    with zone.connect() as connection:
        identities = connection.sql(REGISTER_IDENTITIES_SQL).pl()
    decisions = zone.read("clerical_decisions")
    found = link_extracts(identities, zone.read("department_people"), EXTRACTS, decisions)
    pictures = {}
    if found.linkages:
        pictures = {
            "link rates": dg.MetadataValue.md(link_rates_markdown(found.quality)),
            "match weights": dg.MetadataValue.md(weight_histogram_markdown(found.linkages)),
        }
    summaries = {extract: dg.MetadataValue.json(dict(each.summary)) for extract, each in found.linkages.items()}
    n_decided = found.links.filter(pl.col("stage") == CLERICAL).height
    n_idle = decisions.filter(pl.col("verdict") == "same").height - n_decided
    reviewed = {"links that a person decided": n_decided, "pairs decided the same whose records are no more": n_idle}
    return {
        "record_links": Produced(found.links, metadata={**pictures, **reviewed}),
        "clerical_pairs": found.clerical,
        "link_quality": Produced(found.quality, metadata=summaries),
    }


@gated_asset("link_rates", deps=["link_counts"], beside=nothing)
def link_rates(context: dg.AssetExecutionContext, zone: Zone) -> Made:
    """Who the linkage misses, by group; the gate holds the worst gap."""
    rates = rate_links(zone.read("link_counts"))
    return Produced(rates, metadata={"largest certain shortfall, points": largest_shortfall(rates)})
