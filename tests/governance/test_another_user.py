"""What another user of the operating system may not look into is unseen, and never in order."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.governance.conftest import publish
from tf_assets.governance.evidence import attack_file, read_attack
from tf_assets.governance.outputs import read_outputs
from tf_assets.governance.retention import last_purge
from tf_assets.governance.settings import look_at_settings
from tf_assets.warehouse.home import Home

NOBODY = 65534

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="Only root can become another user.")


@contextmanager
def as_nobody() -> Iterator[None]:
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def closed() -> Iterator[Home]:
    """A home that anybody may enter, both of whose environments belong to somebody else."""
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.root.chmod(0o755)
        publish(home, "0123456789abcdef")
        attack_file(home).write_text('{"n_figures": 1, "targets": []}')
        (home.zone("linkage") / "purges").mkdir(parents=True)
        for private in (home.zone("linkage"), home.zone("research")):
            private.chmod(0o700)
        yield home


def test_it_is_unseen_and_not_empty(closed: Home) -> None:
    with as_nobody():
        outputs = read_outputs(closed)
        assert (outputs.n_records, outputs.last_hash, outputs.n_attributes) == (None, None, None)
        assert outputs.is_of("0123456789abcdef")
        assert look_at_settings(closed).encrypted is None
        assert read_attack(closed) is None
        assert last_purge(closed) is None


def test_its_owner_sees_it(closed: Home) -> None:
    outputs = read_outputs(closed)
    assert (outputs.n_records, outputs.n_publications) == (2, 1)
    assert look_at_settings(closed).encrypted is not None
    assert read_attack(closed) is not None
