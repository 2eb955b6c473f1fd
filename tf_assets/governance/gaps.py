"""What is missing for the record to be whole, and who can mend it."""

from dataclasses import dataclass

from tf_assets.governance.record import Record


@dataclass(frozen=True)
class Gap:
    """One thing that is missing; remedy: what to do, and who."""

    what: str
    remedy: str


def gaps(record: Record) -> tuple[Gap, ...]:
    """Every gap in the order of the page."""
    return (*_declared(record), *_examined(record))


def _declared(record: Record) -> list[Gap]:
    declared = record.governance
    found = []
    if declared.n_legal_gaps:
        found.append(
            Gap(
                f"{declared.n_legal_gaps} of {declared.n_legal_fields} entries on controllers, legal gateways and grounds",
                "The board decides; a data engineer writes it into governance.yml.",
            )
        )
    approvals = (
        ("the purpose", declared.purpose_approved_on),
        ("who has access to what", declared.access_approved_on),
        ("the times for which things are kept", declared.retention_approved_on),
    )
    found += [
        Gap(f"The board's approval of {what}", "The board decides; its day goes into governance.yml.")
        for what, day in approvals
        if day is None
    ]
    if record.retention is None:
        found.append(Gap("How long each kind of thing is kept", "The linkage team declares it in retention.yml."))
    elif record.purge is None:
        found.append(Gap("A purge", "The linkage team runs tf-eval purge, which removes what is due."))
    return [
        *found,
        Gap("Who holds each role", "The board keeps that list itself; the system does not know people's names."),
    ]


def _examined(record: Record) -> list[Gap]:
    found = []
    if record.keys is None:
        found.append(Gap("An examination of the keys", "The linkage team runs tf-eval keys check."))
    if not record.is_search_current:
        found.append(
            Gap(
                "A search for planted identifiers after this release",
                "Run tf-eval verify in a home where a fictional country was planted; real returns hold none.",
            )
        )
    if not record.are_doors_current:
        found.append(Gap("An examination, file by file, of what crossed the doors", "Run tf-eval verify."))
    if not record.is_attack_current:
        found.append(
            Gap(
                "An attack on the ledger as it stands",
                "Each publication is attacked; the research team publishes again, or runs tf-eval attack with --json.",
            )
        )
    return found
