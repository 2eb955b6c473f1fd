"""The declaration of retention is whole, or it is refused by name."""

from pathlib import Path

import pytest
import yaml

from tf_assets.linkage.purging.declaration import (
    AGING_KINDS,
    RETENTION_FILE,
    STANDING_KINDS,
    load_retention,
)
from tf_assets.warehouse.errors import DeclarationError


def changed(tmp_path: Path, kind: str, **rule: object) -> Path:
    told = yaml.safe_load(RETENTION_FILE.read_text())
    told["kinds"][kind] = {**told["kinds"].get(kind, {}), **rule}
    path = tmp_path / "other.yml"
    path.write_text(yaml.safe_dump(told))
    return path


def test_the_declaration_that_is_shipped_covers_every_kind_with_a_ground_and_an_owner() -> None:
    declared = load_retention()
    assert set(declared.kinds) == {*AGING_KINDS, *STANDING_KINDS}
    assert all(rule.ground and rule.owner for rule in declared.kinds.values())
    assert all(declared.days(kind) for kind in AGING_KINDS)


def test_a_kind_without_a_rule_is_named(tmp_path: Path) -> None:
    told = yaml.safe_load(RETENTION_FILE.read_text())
    del told["kinds"]["quarantine"]
    (tmp_path / "other.yml").write_text(yaml.safe_dump(told))
    with pytest.raises(DeclarationError, match=r"other\.yml does not declare a retention.*no rule for quarantine"):
        load_retention(tmp_path / "other.yml")


@pytest.mark.parametrize(
    ("kind", "rule", "reason"),
    [
        ("feedback", {"days": 0}, "feedback.days: Input should be greater than or equal to 1"),
        ("feedback", {"days": "two years"}, "feedback.days: Input should be a valid integer"),
        ("feedback", {"owner": ""}, "feedback.owner"),
        ("feedback", {"weeks": 3}, "feedback.weeks: Extra inputs are not permitted"),
        ("lives", {"days": 3}, "kinds.lives"),
        ("opt_outs", {"days": 30}, "opt_outs cannot be removed at an age"),
    ],
)
def test_a_rule_that_does_not_hold_is_named(tmp_path: Path, kind: str, rule: dict[str, object], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason):
        load_retention(changed(tmp_path, kind, **rule))


def test_what_is_no_yaml_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "other.yml").write_text("kinds: [")
    with pytest.raises(DeclarationError, match=r"other\.yml is not YAML"):
        load_retention(tmp_path / "other.yml")
