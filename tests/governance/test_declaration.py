"""The declaration: whole, and refused where it says what may not be."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tf_assets.governance.declaration import GOVERNANCE_FILE, load_governance
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import DeclarationError

Change = Callable[[dict[str, Any]], object]


def declared(tmp_path: Path, change: Change) -> Path:
    said = yaml.safe_load(GOVERNANCE_FILE.read_text())
    change(said)
    path = tmp_path / "governance.yml"
    path.write_text(yaml.safe_dump(said))
    return path


def test_each_extract_of_the_system_is_a_source_and_its_identities_an_input() -> None:
    governance = load_governance()
    assert {governance.source_of(f"{name}_identities|2015-01-01") for name in EXTRACTS} == set(EXTRACTS)
    assert governance.source_of("council_register") == "council_returns"


def test_no_law_is_made_up() -> None:
    governance = load_governance()
    assert governance.n_legal_gaps == governance.n_legal_fields == 3 * len(governance.sources)


def test_a_field_that_the_board_filled_in_is_no_gap(tmp_path: Path) -> None:
    path = declared(tmp_path, lambda said: said["sources"]["benefits"].update(gateway="as the board decided"))
    filled, empty = load_governance(path), load_governance()
    assert filled.n_legal_gaps == empty.n_legal_gaps - 1


REFUSED: dict[str, tuple[Change, str]] = {
    "a role with access to a store that is not declared": (
        lambda said: said["roles"]["viewer"]["access"].update(attic="read"),
        "the role viewer has access to attic, which no store is called",
    ),
    "a role that sees who people are and what happened to them": (
        lambda said: said["roles"]["reviewer"]["access"].update(research="read"),
        "the role reviewer would see both",
    ),
    "a role that reads the keys and outcomes": (
        lambda said: said["roles"]["research_team"]["access"].update(keys="read"),
        "the role research_team would see both",
    ),
    "a kind of access that nobody knows": (
        lambda said: said["roles"]["viewer"]["access"].update(events="owns"),
        "roles.viewer.access.events",
    ),
    "a source without a purpose": (
        lambda said: said["sources"]["offences"].pop("purpose"),
        "sources.offences.purpose",
    ),
    "a source whose gateway is an empty text, which would hide the gap": (
        lambda said: said["sources"]["offences"].update(gateway=""),
        "sources.offences.gateway",
    ),
    "one input of two sources": (
        lambda said: said["sources"]["offences"]["inputs"].append("hospital_identities"),
        "hospital_identities is the input of two sources",
    ),
    "a store that holds nobody knows what": (
        lambda said: said["stores"]["research"].update(holds="things"),
        "stores.research.holds",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused(tmp_path: Path, what: str) -> None:
    change, sentence = REFUSED[what]
    with pytest.raises(DeclarationError) as refused:
        load_governance(declared(tmp_path, change))
    assert sentence in str(refused.value)


def test_what_is_no_yaml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "governance.yml").write_text("sources: [")
    with pytest.raises(DeclarationError, match=r"governance.yml is not YAML"):
        load_governance(tmp_path / "governance.yml")


def test_sending_is_not_seeing() -> None:
    governance = load_governance()
    assert governance.reached_by("department") == []
    assert governance.reached_by("public") == []
    assert governance.reached_by("reviewer") == ["Linkage environment"]
