"""The gate of door 1 on lineage: no release while an identifier might reach it without a declared step."""

from tf_assets.linkage.release.contents import RELEASE_SCHEMAS
from tf_assets.quality.identifier_flow import Flow, find_faults
from tf_assets.warehouse.errors import GateFailed
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import load_schemas

RELEASED = tuple(f"released_{file}" for file in RELEASE_SCHEMAS)
"""The tables by which research knows the files of a release; they say which columns of linkage theirs come from."""


def refuse_identifier_paths() -> None:
    """Walk the lineage of all that reaches the release; `GateFailed` names each way that may not be."""
    flow = linkage_flow()
    faults = find_faults(flow, flow.upstream_of_the_release() | flow.undeclared())
    if faults:
        raise GateFailed(f"No release was written, and the current one stands. {' '.join(faults)}")


def linkage_flow() -> Flow:
    """The linkage environment as it is declared and as its assets depend on one another."""
    # the definitions hold this module's asset
    from tf_assets.linkage.definitions import defs

    graph = defs.resolve_asset_graph()
    deps = {
        key.to_user_string(): [parent.to_user_string() for parent in graph.get(key).parent_keys]
        for key in graph.get_all_asset_keys()
    }
    return Flow(load_schemas(), load_models("linkage"), deps, RELEASED)
