"""Stage, audit, publish: the one way by which a table comes to stand where others read it."""

from collections.abc import Mapping
from dataclasses import dataclass

from tf_assets.quality.audit import Audit, audit
from tf_assets.quality.suites import Suite
from tf_assets.warehouse.errors import GateFailed
from tf_assets.warehouse.standing import MadeOf
from tf_assets.warehouse.zone import Data, Staged, Zone


@dataclass(frozen=True)
class Audited:
    """A staged table and what its suite said of it."""

    staged: Staged
    audit: Audit


def stage_and_audit(
    zone: Zone,
    suite: Suite,
    table: str,
    data: Data,
    partition_key: str | None = None,
    parameters: Mapping[str, object] | None = None,
    appended_to: str | None = None,
) -> Audited:
    """Stage `data` and let the suite judge what was staged; nothing is published yet."""
    staged = zone.stage(table, data, partition_key, parameters, appended_to)
    try:
        with zone.staged_connection(staged) as (connection, relation):
            return Audited(staged, audit(connection, relation, suite))
    except BaseException:
        zone.discard(staged)
        raise


def publish_all(zone: Zone, audited: Mapping[str, Audited], made_of: MadeOf | None = None) -> None:
    """Publish tables that were made together, if all of them passed; else publish none and raise `GateFailed`.

    made_of: what they follow from, if that is known.
    """
    failed = [table for table, each in audited.items() if not each.audit.passed]
    if failed:
        for each in audited.values():
            zone.discard(each.staged)
        raise GateFailed(" ".join(refusal_sentence(table, audited[table].audit) for table in failed))
    zone.publish(*(each.staged for each in audited.values()), made_of=made_of)


def refusal_sentence(table: str, verdict: Audit) -> str:
    """What a person reads when a table did not pass: the rules that were broken, with counts and never values."""
    broken = "; ".join(
        f"{outcome.rule} ({outcome.n_unexpected} of {outcome.n_rows} rows)"
        for outcome in verdict.outcomes
        if not outcome.passed
    )
    return f"{table} was not published, and what was published before still stands. Broken: {broken}."
