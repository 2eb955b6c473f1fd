"""The release's asset: door 1."""

import json
from dataclasses import asdict

import dagster as dg
import polars as pl

from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.opt_outs.door import refuse_opted_out
from tf_assets.linkage.release.contents import RELEASE_SCHEMAS, SpineTables, release_tables
from tf_assets.linkage.release.identifier_paths import refuse_identifier_paths
from tf_assets.linkage.release.inputs import INPUT_TABLES, code_version, current_returns, input_hashes
from tf_assets.linkage.release.writing import CURRENT, MANIFEST, Provenance, write_release
from tf_assets.linkage.spine.cascade import DEFAULT_SETTINGS
from tf_assets.quality.gate import Made, Produced, gated_asset
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone

OPT_OUTS = "opt_outs_applied"
RELEASED = ("people", "register_clusters", "register_programme", "record_links", "link_quality")


@gated_asset("spine_release", deps=[*RELEASED, "linked_spine", "link_rates", OPT_OUTS])
def spine_release(context: dg.AssetExecutionContext, zone: Zone) -> Made:
    """Write a release of the spine and list it."""
    home = Home.from_environment()
    keys, project = load_keys(home), home.project()
    refuse_identifier_paths()
    refuse_opted_out(zone)
    read = {name: zone.read(name) for name in RELEASED}
    tables = release_tables(SpineTables(**read, returns=current_returns(zone)), keys, project)
    provenance = Provenance(
        project=project.name,
        code_version=code_version(),
        parameters={**asdict(DEFAULT_SETTINGS), "n_opt_outs": int(zone.read(OPT_OUTS)["n_opt_outs"].sum())},
        inputs=input_hashes(zone, keys, (*INPUT_TABLES, OPT_OUTS)),
    )
    release = write_release(home.releases, tables, provenance)
    return Produced(
        list_releases(home),
        metadata={"release": release.release_id, **{f"rows of {name}": n for name, n in release.n_rows.items()}},
    )


def list_releases(home: Home) -> pl.DataFrame:
    """One row a release that lies in the home: what its manifest says, and which one is current."""
    current = json.loads((home.releases / CURRENT).read_text())
    rows = []
    for path in sorted(home.releases.glob(f"*/{MANIFEST}")):
        manifest = json.loads(path.read_text())
        rows.append(
            {
                "release_id": manifest["release_id"],
                "project": manifest["project"],
                "code_version": manifest["code_version"],
                # a release of an earlier version may lack a file
                **{f"n_{name}": manifest["row_counts"].get(name) for name in RELEASE_SCHEMAS},
                "is_current": manifest["release_id"] == current["release_id"],
            }
        )
    return pl.DataFrame(rows)
