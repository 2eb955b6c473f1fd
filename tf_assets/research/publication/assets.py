"""Assets: protected tables, the ledger, publications."""

import json

import dagster as dg
import polars as pl

from tf_assets.quality.basis import nothing
from tf_assets.quality.gate import Produced, gated_asset, sql_assets
from tf_assets.research.extracts.releases import Release, current_release
from tf_assets.research.publication.cohort_flow import protect_flow
from tf_assets.research.publication.counts import area_frame, protect_outcomes, protect_programme
from tf_assets.research.publication.diagnostics import protect_balance, protect_link_quality
from tf_assets.research.publication.estimates import protect_effects
from tf_assets.research.publication.figures import PUBLISHED_TABLES, figures_of, publication_id
from tf_assets.research.publication.holds import HELD, attack_update, history_before, keep_earlier
from tf_assets.research.publication.kept_revisions import revisions_of_ledger
from tf_assets.research.publication.ledger import Head, Ledger
from tf_assets.research.publication.ledger_table import ledger_as_table
from tf_assets.research.publication.link_rates import protect_link_rates
from tf_assets.research.publication.publishing import publications, publish
from tf_assets.research.publication.revision_publishing import publish_revisions
from tf_assets.research.publication.sources import read_sources, record_sources, sources_of
from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.geography import councils
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import write_whole
from tf_assets.warehouse.zone import Zone

cells = sql_assets("research", "publication")

GATE_FILE = "attacked.json"
"""In the ledger's folder: what the attack found before the publication that is being made."""

PROTECTED_TABLES = [table for table in PUBLISHED_TABLES if table != HELD]


@gated_asset("protected_outcome_counts", deps=["outcome_cells", "programme_cells"], beside=nothing)
def protected_outcome_counts(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded counts and rates of outcomes."""
    return protect_outcomes(zone.read("outcome_cells"), _areas(zone))


@gated_asset("protected_programme_counts", deps=["programme_cells"], beside=nothing)
def protected_programme_counts(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded counts of people and families."""
    return protect_programme(zone.read("programme_cells"), _areas(zone))


@gated_asset("protected_effects", deps=["treatment_effects", "outcome_cells", "programme_cells"], beside=nothing)
def protected_effects(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Effects in steps that hide people."""
    return protect_effects(zone.read("treatment_effects"), zone.read("outcome_cells"), _areas(zone))


@gated_asset("protected_balance", deps=["covariate_balance", "programme_cells"], beside=nothing)
def protected_balance(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded standardised differences."""
    return protect_balance(zone.read("covariate_balance"), zone.read("programme_cells"))


@gated_asset("protected_cohort_flow", deps=["cohort_flow"], beside=nothing)
def protected_cohort_flow(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded counts of who was left out where."""
    return protect_flow(zone.read("cohort_flow"))


@gated_asset("protected_link_quality", deps=["released_link_quality", "link_cells"], beside=nothing)
def protected_link_quality(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded counts of linked people, and the linkage's own estimates."""
    return protect_link_quality(zone.read("released_link_quality"), zone.read("link_cells"))


@gated_asset("protected_link_rates", deps=["link_group_counts"], beside=nothing)
def protected_link_rates(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Rounded counts of linked people by group."""
    return protect_link_rates(zone.read("link_group_counts"))


def _published_before() -> str:
    """The release, and the publications of earlier ones: what the attack reads beside the tables."""
    home = Home.from_environment()
    release_id = current_release(home, home.project()).release_id
    recorded = Ledger(home.zone("research") / "ledger").publications()
    return json.dumps([release_id, [each for each in recorded if not each.startswith(f"{release_id}-")]])


@gated_asset(
    HELD,
    deps=[*PROTECTED_TABLES, "released_people", "released_returns"],
    pool="publication",
    beside=_published_before,
)
def held_updates(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Attack the new figures together with all earlier ones, and say which must stay as they were."""
    release, ledger = _release(Home.from_environment(), zone), _ledger(zone)
    ledger.verify()
    sources = sources_of(zone, release.manifest)
    history = history_before(ledger, sources)
    protected = _protected(zone)
    gate = attack_update(protected, release.release_id, sources, history)
    identity = publication_id(release.release_id, keep_earlier({**protected, HELD: gate.held}, ledger))
    write_whole(ledger.root / GATE_FILE, json.dumps({"publication_id": identity, **gate.told()}) + "\n")
    return Produced(
        gate.held,
        {
            "publications attacked together": len(history.publication_ids) + 1,
            "small groups attacked": int(gate.summary["n_targets"].sum()),
            "units held": gate.held.height,
        },
    )


@gated_asset(
    "publication_ledger",
    deps=[*PUBLISHED_TABLES, "outcome_cells", "released_people", "released_returns"],
    pool="publication",
)
def publication_ledger(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Record the protected tables in the ledger, before any of them leaves."""
    release, ledger, tables = _release(Home.from_environment(), zone), _ledger(zone), _tables(zone)
    identity = publication_id(release.release_id, tables)
    record_sources(ledger, identity, sources_of(zone, release.manifest))
    head = ledger.append(identity, figures_of(tables, release.release_id), truth=zone.read("outcome_cells"))
    _tell_attack(ledger, identity, head)
    return ledger_as_table(zone, ledger, head)


@gated_asset("publication", deps=["publication_ledger", *PUBLISHED_TABLES, "released_people"], pool="publication")
def publication(context: dg.AssetExecutionContext, zone: Zone) -> pl.DataFrame:
    """Publish what the ledger holds."""
    home = Home.from_environment()
    release_id = _release(home, zone).release_id
    publish(home.published, _ledger(zone), release_id, _tables(zone), is_fictional=home.project().is_demo)
    return pl.DataFrame(publications(home.published))


@gated_asset("revisions", deps=["publication", "publication_ledger"], pool="publication")
def revisions(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Say which published figures moved, on a page beside the publications too."""
    home, ledger = Home.from_environment(), _ledger(zone)
    sources = read_sources(ledger)
    moved = revisions_of_ledger(zone, ledger, sources)
    publish_revisions(home.published, ledger, moved, sources, is_fictional=home.project().is_demo)
    newest = moved.filter(pl.col("publication_id") == ledger.publications()[-1])
    causes = newest.group_by("cause").len().sort("cause")
    return Produced(moved, {f"moved by {cause}": n for cause, n in causes.iter_rows()})


def _areas(zone: Zone) -> pl.DataFrame:
    return area_frame(councils(), zone.read("programme_cells")["council_code"])


def _protected(zone: Zone) -> dict[str, pl.DataFrame]:
    """The protected tables in the order of their keys, which a database does not keep."""
    return {name: zone.read(name).sort(zone.schemas[name].key) for name in PROTECTED_TABLES}


def _tables(zone: Zone) -> dict[str, pl.DataFrame]:
    """The tables as they are published: the protected ones, but for what is kept from an earlier publication."""
    held = zone.read(HELD).sort(zone.schemas[HELD].key)
    return keep_earlier({**_protected(zone), HELD: held}, _ledger(zone))


def _tell_attack(ledger: Ledger, identity: str, head: Head) -> None:
    """Say beside the ledger what the attack found before this publication was recorded, and where the ledger then ended."""
    told = json.loads((ledger.root / GATE_FILE).read_text())
    if told.pop("publication_id") != identity:
        raise EvaluationError("These are not the figures that were attacked. Materialise held_updates, then publish.")
    if ledger.publications()[-1] == identity:
        write_whole(ledger.root / "attack.json", json.dumps({**told, "last_hash": head.last_hash}, indent=2) + "\n")


def _ledger(zone: Zone) -> Ledger:
    return Ledger(zone.root / "ledger")


def _release(home: Home, zone: Zone) -> Release:
    """The current release, if it is the one that the zone's tables were made from."""
    release = current_release(home, home.project())
    read, released = (
        people.select(pl.len(), pl.col("rounding_key").sum()).row(0)
        for people in (zone.read("released_people"), release.read("released_people"))
    )
    if read != released:
        raise EvaluationError(
            f"The tables were made from an earlier release than {release.release_id}. Materialise released_people and "
            "what follows from it, then publish."
        )
    return release
