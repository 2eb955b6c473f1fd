"""Make the home of an instance: its folders, its project and its Dagster configuration."""

import json
import os
import secrets
import shutil
from pathlib import Path

from tf_assets.warehouse.errors import EvaluationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.whole_files import write_whole


def make_home(home: Home, project: str, record_salt: str | None = None, is_demo: bool = False) -> None:
    """Make what is missing of a home; a home of another project is refused, and nothing is overwritten."""
    if home.project_file.exists():
        found = home.project()
        if (found.name, found.is_demo) != (project, is_demo):
            raise EvaluationError(
                f"{home.root} is the home of the project {found.name}. Choose another TF_HOME for {project}, or make its home "
                "over the files that arrived here with `tf-eval keys new-project`."
            )
    for folder in (home.landing, home.dagster, home.releases, home.feedback):
        folder.mkdir(parents=True, exist_ok=True)
    for private in (home.zone("linkage"), home.keys):
        private.mkdir(parents=True, exist_ok=True, mode=0o700)
    configuration = home.dagster / "dagster.yaml"
    if not configuration.exists():
        shutil.copyfile(Path(__file__).with_name("dagster.yaml"), configuration)
        _make_storage(home)
    if not home.project_file.exists():
        declared = {
            "project": project,
            "is_demo": is_demo,
            "record_salt": record_salt or secrets.token_hex(16),
        }
        write_whole(home.project_file, json.dumps(declared, indent=2) + "\n", 0o640)  # research reads it too; no secret


def _make_storage(home: Home) -> None:
    """Make Dagster's tables now: two processes that both find none would both make them."""
    import dagster as dg

    os.environ["DAGSTER_HOME"] = str(home.dagster)
    with dg.DagsterInstance.get() as instance:
        instance.get_run_records(limit=1)
        instance.all_instigator_state()
        instance.get_asset_keys()
