"""The five safes: for each, the evidence that there is, what is missing, and what failed.

Desai, Ritchie and Welpton (2016), "Five Safes: designing data access for research", University of the West of England,
Economics Working Papers 1601; used by the Office for National Statistics and the UK Data Service.
"""

from datetime import date

from tf_assets.governance.gates import Gates
from tf_assets.governance.record import Record
from tf_assets.governance.safes import Evidence, Safe, State

_REHEARSE = "Run tf-eval verify in a home where a fictional country was planted; real returns hold no canaries."
_ATTACK = "Each publication is attacked; the research team publishes again, or runs tf-eval attack with --json."


def five_safes(record: Record) -> tuple[Safe, ...]:
    """The five in their usual order."""
    return (
        Safe("Safe projects", "Is this a proper use of the data?", _projects(record)),
        Safe("Safe people", "Who can use the data, and can they be trusted with what they see?", _people(record)),
        Safe("Safe settings", "Do the places where the data lie keep others out?", _settings(record)),
        Safe("Safe data", "What could be learnt of a person from what researchers get?", _data(record)),
        Safe("Safe outputs", "What could be learnt of a person from what is published?", _outputs(record)),
    )


def _projects(record: Record) -> tuple[Evidence, ...]:
    declared, release = record.governance, record.release
    n_inputs = sum(release.n_inputs.values())
    return (
        Evidence("shown", f"Release {release.release_id} belongs to the project {release.project}, and to no other."),
        Evidence(
            "shown", f"All {n_inputs:,} inputs of the release come from a source that is declared, with its purpose."
        ),
        _approved(declared.purpose_approved_on, "the purpose"),
        _shown_if(
            declared.n_legal_gaps == 0,
            "Controller, legal gateway and ground of every source are named.",
            f"{declared.n_legal_gaps} of {declared.n_legal_fields} entries on controllers, legal gateways and grounds are to "
            "be filled in by the board.",
            remedy="The board decides; a data engineer writes it into governance.yml.",
        ),
    )


def _people(record: Record) -> tuple[Evidence, ...]:
    declared = record.governance
    near = [name for name in declared.roles if declared.reached_by(name)]
    return (
        Evidence(
            "shown",
            f"None of the {len(declared.roles)} declared roles may see both who people are and what happened to them.",
        ),
        Evidence("shown", f"{len(near)} of them may read anything of single people; the others may not."),
        _approved(declared.access_approved_on, "who has access to what"),
        Evidence(
            "gap",
            "Who holds each role, and how they were trained, is not kept here.",
            "The board keeps that list itself; the system does not know people's names.",
        ),
    )


def _settings(record: Record) -> tuple[Evidence, ...]:
    seen = record.settings
    found = [
        _shown_if(
            folder.is_closed,
            f"{folder.name} is closed to everybody but its owner.",
            f"{folder.name} can be looked into by others (mode {folder.mode:04o}).",
            state="failed",
        )
        for folder in seen.closed
    ]
    if seen.encrypted is None:
        found.append(
            Evidence(
                "gap",
                "Whether the linkage environment's files are encrypted was not seen from here.",
                "The linkage team writes the record.",
            )
        )
    else:
        counted = ", ".join(f"{kind.n_encrypted:,} of {kind.n_files:,} {kind.what}" for kind in seen.encrypted)
        is_whole = all(kind.n_encrypted == kind.n_files for kind in seen.encrypted)
        sentence = f"Encrypted in the linkage environment: {counted}."
        found.append(_shown_if(is_whole, sentence, sentence, state="failed"))
    return (*found, *_keys(record), *_retention(record))


def _retention(record: Record) -> tuple[Evidence, ...]:
    approved = _approved(record.governance.retention_approved_on, "how long each kind of thing is kept")
    if record.retention is None:
        sentence = "How long each kind of thing is kept is not declared."
        return Evidence("gap", sentence, "The linkage team declares it in retention.yml."), approved
    declared = f"It is declared of {len(record.retention)} kinds of things how long they are kept"
    if record.purge is None:
        sentence = f"{declared}; that it was ever enforced is not on record here."
        enforced = Evidence("gap", sentence, "The linkage team runs tf-eval purge, which removes what is due.")
    elif not record.purge.is_finished:
        sentence = f"{declared}; the purge of {record.purge.day} was stopped before its end."
        enforced = Evidence("gap", sentence, "The linkage team runs tf-eval purge again.")
    else:
        enforced = Evidence("shown", f"{declared}; it was last enforced on {record.purge.day}.")
    return enforced, approved


def _keys(record: Record) -> tuple[Evidence, ...]:
    if record.keys is None:
        return (
            Evidence(
                "gap", "No examination of the keys is on record here.", "The linkage team runs tf-eval keys check."
            ),
        )
    faults = tuple(Evidence("failed", sentence) for sentence in record.keys.faults)
    return faults or (Evidence("shown", f"{len(record.keys.keys)} keys were examined; none is badly kept."),)


def _data(record: Record) -> tuple[Evidence, ...]:
    release = record.release
    n_columns = sum(len(columns) for columns in release.columns.values())
    opt_outs = (
        Evidence(
            "gap", "How many people had opted out is not recorded in this release.", "The linkage team releases again."
        )
        if release.opt_outs is None
        else Evidence("shown", f"Opt-outs were applied before anything was linked: {release.opt_outs}.")
    )
    return (
        _shown_if(
            release.n_broken == 0,
            f"None of the {len(release.rules)} rules of door 1 is broken.",
            f"{release.n_broken} of {len(release.rules)} rules of door 1 are broken.",
            state="failed",
        ),
        _shown_if(
            not release.forbidden,
            f"{n_columns} columns in {len(release.columns)} files pass door 1; none has the name of an identifier or of a "
            "sender's reference.",
            f"Columns that are named as identifiers or senders' references pass door 1: {', '.join(release.forbidden)}.",
            state="failed",
        ),
        opt_outs,
        _gates(record.gates),
        _canaries(record),
    )


def _gates(gates: Gates) -> Evidence:
    if not gates.n_verdicts:
        return Evidence("gap", "No gate has given a verdict.", "Run tf-eval run.")
    if gates.refused_tables:
        names = ", ".join(each.table for each in gates.refused_tables)
        return Evidence("failed", f"The gate refused {names}; the last good data stand.")
    judged = f"Gates gave {gates.n_verdicts:,} verdicts on {len(gates.gates)} tables by {gates.n_rules:,} rules"
    n_refused = len(gates.refused_deliveries)
    if not n_refused:
        return Evidence("shown", f"{judged}, and none is against.")
    refused = "1 delivery was refused" if n_refused == 1 else f"{n_refused:,} deliveries were refused"
    return Evidence("shown", f"{judged}; {refused}, and nothing of what was refused is used.")


def _canaries(record: Record) -> Evidence:
    search = record.canaries
    if search is None:
        return Evidence("gap", "No search for planted identifiers is on record here.", _REHEARSE)
    searched = f"{search.n_canaries:,} planted identifiers were searched for in {search.n_files:,} files"
    if search.found:
        return Evidence("failed", f"{searched}; some were found in {len(search.found)} files.")
    if not record.is_search_current:
        return Evidence("gap", f"{searched} when something else was current; not since.", _REHEARSE)
    return Evidence("shown", f"{searched}, and none was found.")


def _outputs(record: Record) -> tuple[Evidence, ...]:
    outputs = record.outputs
    publication = outputs.publication
    if publication is None or not outputs.is_of(record.release.release_id):
        published = Evidence("gap", "Nothing of this release is published as yet.", "Run tf-eval run.")
    else:
        published = Evidence(
            "shown", f"{publication.n_figures:,} figures were published, all by the method {publication.method}."
        )
    ledger = (
        Evidence("gap", "The ledger was not seen from here.", "The research team publishes, or writes the record.")
        if outputs.n_records is None
        else Evidence(
            "shown",
            f"The ledger holds all {outputs.n_records:,} figures of {_several(outputs.n_publications, 'publication')}.",
        )
    )
    return (published, ledger, _doors(record), _attack(record))


def _doors(record: Record) -> Evidence:
    doors = record.doors
    if doors is None:
        return Evidence("gap", "No examination of what crossed the doors is on record here.", _REHEARSE)
    crossed = f"{sum(doors.crossed.values()):,} files crossed the doors"
    wrong = [f"{len(doors.undeclared)} that nobody declared"] if doors.undeclared else []
    wrong += [f"{len(doors.personal)} with people in them that may have none"] if doors.personal else []
    if wrong:
        return Evidence("failed", f"{crossed}, {' and '.join(wrong)}.")
    if not record.are_doors_current:
        return Evidence("gap", f"{crossed} when something else was current; they were not examined since.", _REHEARSE)
    return Evidence("shown", f"{crossed}, each of them declared; what leaves research holds no person.")


def _attack(record: Record) -> Evidence:
    attack = record.attack
    if attack is None:
        return Evidence("gap", "No attack on the published figures is on record here.", _ATTACK)
    n_targets = sum(target.n_targets for target in attack.targets)
    attacked = f"An intruder with all {attack.n_figures:,} attackable figures was set on {n_targets:,} small groups"
    if attack.n_found:
        return Evidence("failed", f"{attacked} and found {attack.n_found:,} of them.")
    if attack.last_hash is None:
        return Evidence(
            "gap", f"{attacked} and found none; the result does not say of which state of the ledger.", _ATTACK
        )
    if not record.is_attack_current:
        return Evidence("gap", f"{attacked} and found none; figures were published since.", _ATTACK)
    return Evidence("shown", f"{attacked} and found none.")


def _approved(day: date | None, what: str) -> Evidence:
    return _shown_if(
        day is not None,
        f"The board approved {what} on {day:%-d %B %Y}." if day is not None else "",
        f"That the board approved {what} is not recorded.",
        remedy="The board decides; its day goes into governance.yml.",
    )


def _shown_if(is_so: bool, shown: str, otherwise: str, state: State = "gap", remedy: str = "") -> Evidence:
    return Evidence("shown", shown) if is_so else Evidence(state, otherwise, remedy)


def _several(n: int | None, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
