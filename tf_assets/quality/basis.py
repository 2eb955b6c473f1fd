"""What a table is made of, as one hash: while it is the same, the table that stands need not be made again.

It is over the content of every table that is read (not over when it was made), over what else the body says that it
reads, and over the code: that of the environment, of what both environments share, and the installed packages. Whatever
cannot be told leaves the basis unknown, and the table is made.
"""

import hashlib
import json
import sysconfig
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TypeAlias

from tf_assets.warehouse.home import Environment
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.standing import Standing
from tf_assets.warehouse.zone import Zone

Beside: TypeAlias = Callable[[], str]
"""A fingerprint of all that a body reads beside its deps and the code."""


def nothing() -> str:
    """What a body reads beside its deps that is a function of them alone."""
    return ""


def basis_of(
    zone: Zone, standing: Mapping[str, Standing], deps: Sequence[str], code: str, beside: Beside | None
) -> str | None:
    """The hash of what a table with these deps would be made of now; None where that cannot be told."""
    if beside is None:
        return None
    parts = {dep: _part(zone, standing, dep) for dep in deps}
    if None in parts.values():
        return None
    told = json.dumps({"code": code, "beside": beside(), "deps": parts}, sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def _part(zone: Zone, standing: Mapping[str, Standing], table: str) -> object:
    """What tells one state of a table from another: a national table's content, each partition file's own identity."""
    schema = zone.schemas.get(table)
    if schema is None:  # the other environment's: what comes of it is read from elsewhere
        return None
    if schema.partitions is None:
        return standing[table].content if table in standing else None
    # a partition is published by a rename, so another file is another inode, time or size
    states = [(path.name, path.stat()) for path in zone.partition_files(table)]
    return [[name, state.st_ino, state.st_mtime_ns, state.st_size] for name, state in states]


@cache
def code_fingerprint(environment: Environment) -> str:
    """A hash of the code that makes an environment's tables, taken when the definitions load, and of the packages."""
    root = project_root()
    folders = [
        *(f"tf_assets/{name}" for name in (environment, "warehouse", "quality")),
        *(f"{name}/{environment}" for name in ("dbt_like_sql", "expectations")),
    ]
    digest = hashlib.sha256()
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    packages = sorted(path.name for path in Path(sysconfig.get_path("purelib")).glob("*.dist-info"))
    digest.update("\n".join(packages).encode())
    return digest.hexdigest()
