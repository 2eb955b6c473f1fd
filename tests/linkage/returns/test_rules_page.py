"""The page of rules that councils read says what the rules say."""

from tf_assets.linkage.returns.rules import RULES
from tf_assets.warehouse.project import project_root


def test_the_page_lists_each_rule_as_declared_and_no_other() -> None:
    page = (project_root() / "docs" / "reference" / "return-rules.md").read_text()
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    assert listed == [
        f"| `{rule.id}` | {rule.field.replace('_', ' ')} | {rule.severity} | {rule.sentence} | {rule.advice} "
        f"| {rule.source} |"
        for rule in RULES
    ]
