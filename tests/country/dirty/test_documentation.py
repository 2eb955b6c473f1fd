"""The page on the fictional England lists what is planted."""

from pathlib import Path

import pytest

from tf_assets.country.dirty.faults import FAULTS
from tf_assets.country.dirty.mishaps import KINDS

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "fictional-england.md"
ADVICE = {
    "refused": "refuse the row",
    "warning": "warn",
    "repaired": "repair",
    "undetectable": "nothing: it cannot be seen",
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_every_fault_is_described_with_its_field_severity_and_rate(fault) -> None:
    row = f"| `{fault.name}` | {fault.field} | {ADVICE[fault.severity]} | {fault.rate:.1%} |"

    assert row in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", KINDS)
def test_every_mishap_is_described(kind: str) -> None:
    assert f"| `{kind}` |" in PAGE.read_text(encoding="utf-8")
