"""All that the record of one release says, read from a home."""

from dataclasses import dataclass

import dagster as dg

from tf_assets.governance.declaration import Governance, load_governance
from tf_assets.governance.evidence import (
    Attack,
    Canaries,
    Current,
    Doors,
    Keys,
    read_attack,
    read_canaries,
    read_doors,
    read_keys,
)
from tf_assets.governance.gates import Gates, read_gates
from tf_assets.governance.outputs import Outputs, read_outputs
from tf_assets.governance.release_facts import ReleaseFacts, read_release
from tf_assets.governance.retention import Kept, Purge, last_purge, read_retention
from tf_assets.governance.settings import Settings, look_at_settings
from tf_assets.warehouse.home import Home


@dataclass(frozen=True)
class Record:
    """What is declared, what the release and the publication say of themselves, and what was examined.

    retention, purge, canaries, doors, attack, keys: None where nothing is declared, or was done.
    """

    governance: Governance
    release: ReleaseFacts
    outputs: Outputs
    gates: Gates
    settings: Settings
    retention: tuple[Kept, ...] | None
    purge: Purge | None
    canaries: Canaries | None
    doors: Doors | None
    attack: Attack | None
    keys: Keys | None
    is_fictional: bool

    @property
    def current(self) -> Current:
        """What the record is of."""
        publication = self.outputs.publication
        return Current(self.release.release_id, publication.publication_id if publication else None)

    @property
    def is_search_current(self) -> bool:
        """Whether planted identifiers were searched for since this was released and published."""
        return self.canaries is not None and self.canaries.beside == self.current

    @property
    def are_doors_current(self) -> bool:
        """Whether what crossed the doors was examined since this was released and published."""
        return self.doors is not None and self.doors.beside == self.current

    @property
    def is_attack_current(self) -> bool:
        """Whether the ledger was attacked as it stands now."""
        return (
            self.attack is not None
            and self.attack.last_hash is not None
            and self.attack.last_hash == self.outputs.last_hash
        )


def read_record(home: Home, instance: dg.DagsterInstance) -> Record:
    """The record of the current release; `EvaluationError` where there is none, `DeclarationError` where it is made of
    something that nobody declared."""
    governance = load_governance()
    return Record(
        governance=governance,
        release=read_release(home, governance),
        outputs=read_outputs(home),
        gates=read_gates(instance),
        settings=look_at_settings(home),
        retention=read_retention(),
        purge=last_purge(home),
        canaries=read_canaries(home),
        doors=read_doors(home),
        attack=read_attack(home),
        keys=read_keys(home),
        is_fictional=home.project().is_demo,
    )
