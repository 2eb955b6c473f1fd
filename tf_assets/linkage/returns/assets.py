"""Assets of the returns: receipts, the register and what was found wrong with it, and the schools."""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

import dagster as dg
import polars as pl

from tf_assets.linkage.arrivals import Arrival, ArrivalRegister
from tf_assets.linkage.opt_outs.store import opt_outs_in_force
from tf_assets.linkage.originals import Originals
from tf_assets.linkage.partitions import Slot, council_quarter_partitions
from tf_assets.linkage.registering import originals_of, register_file
from tf_assets.linkage.returns.beside_earlier import beside_earlier
from tf_assets.linkage.returns.confirmed_mappings import confirmed_mapping
from tf_assets.linkage.returns.feedback import write_feedback
from tf_assets.linkage.returns.feedback_content import WAITING_RULES
from tf_assets.linkage.returns.judging import (
    REGISTER_COLUMNS,
    WHOLE_FILE,
    JudgedReturn,
    ReturnWaits,
    judge_return,
    withdrawn,
)
from tf_assets.linkage.returns.mapping_files import write_proposal
from tf_assets.linkage.returns.receipts import FileKey, FileVerdict, receipts
from tf_assets.linkage.returns.receiving import SlotVerdict, receive_slot
from tf_assets.linkage.returns.schools import match_schools, read_reference
from tf_assets.linkage.returns.slots import files_of_council, landed_files, register_landed
from tf_assets.quality.gate import Produced, gated_asset, gated_multi_asset, sql_assets
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone

REFUSED_FILES_SQL = f"""
    SELECT council_code, quarter_date, source_sha256, rule, sentence
    FROM return_judgements
    WHERE row_number = {WHOLE_FILE} AND severity = 'refused'
    ORDER BY ALL
"""


@gated_multi_asset(["council_register", "return_judgements"], partitions_def=council_quarter_partitions)
def council_return(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Produced]:
    """One council's return for one quarter."""
    home, slot = Home.from_environment(), Slot.of_key(context.partition_key)
    verdict = receive_return(home, slot)
    _propose_mappings(home, slot, verdict)
    _tell_council(home, zone, slot, verdict)
    if verdict.refusal:
        raise _refusal(verdict)
    return published_tables(verdict)


def receive_return(home: Home, slot: Slot) -> SlotVerdict:
    """Judge what has arrived for a slot; what lies in the council's other slots is registered first, for it may tell
    that a file is an earlier quarter's."""
    register_landed(home, files_of_council(home.landing, slot.council_code))
    of_council = [
        each
        for each in ArrivalRegister.of_home(home).all("return", "withdrawal", below=slot.council_code)
        if each.fault is None
    ]
    originals = originals_of(home)
    # what was purged had been replaced or refused: what stands does not change without it
    here = [
        each
        for each in of_council
        if each.slot == slot.folder and not (each.kind == "return" and originals.is_purged(each.sha256))
    ]
    others = [each for each in of_council if each.slot != slot.folder]
    judge = partial(judge_return, mapping=confirmed_mapping(home, slot.council_code))
    return receive_slot(slot, here, others, originals.read, judge)


def _propose_mappings(home: Home, slot: Slot, verdict: SlotVerdict) -> None:
    """Write down what a person is asked to confirm of the council's headings and words."""
    if isinstance(verdict.refusal, ReturnWaits):
        write_proposal(home.mappings, slot.council_code, verdict.refusal.proposal)
    elif verdict.judged and verdict.judged.proposal and not verdict.refusal:
        write_proposal(home.mappings, slot.council_code, verdict.judged.proposal)


def _tell_council(home: Home, zone: Zone, slot: Slot, verdict: SlotVerdict) -> None:
    """Write the council's feedback on the file that it sent last."""
    if verdict.refusal:
        earlier, _ = beside_earlier(zone, slot, None)
        write_feedback(home.feedback, verdict.received, verdict.refusal, earlier, standing=verdict.judged)
        return
    earlier, changes = beside_earlier(zone, slot, verdict.judged.accepted if verdict.judged else None)
    write_feedback(home.feedback, verdict.received, verdict.judged, earlier, changes)


def published_tables(verdict: SlotVerdict) -> dict[str, Produced]:
    """What stands for a slot, and everything that is said of its files."""
    told = [each.judgements for each in (*verdict.refusals, verdict.judged) if each]
    if verdict.is_withdrawn:
        told.append(withdrawn(verdict.received))
    produced = {"return_judgements": Produced(pl.concat(told), _judgement_metadata(pl.concat(told)))}
    if verdict.judged:
        produced["council_register"] = Produced(verdict.judged.accepted, _metadata(verdict.judged))
    elif verdict.is_withdrawn:
        produced["council_register"] = Produced(pl.DataFrame(schema=dict.fromkeys(REGISTER_COLUMNS, pl.String)))
    return produced


def _refusal(verdict: SlotVerdict) -> InputRefused:
    """The refusal of the last file, with its judgements and with what an earlier file of the slot gives."""
    return InputRefused(str(verdict.refusal), {name: made.data for name, made in published_tables(verdict).items()})


def _metadata(judged: JudgedReturn) -> dict[str, object]:
    facts = judged.facts
    methods = Counter(match.method for match in judged.headings)
    return {
        "rows_received": facts.n_rows,
        "rows_refused": facts.n_refused,
        "rows_with_warnings": facts.n_warned,
        "rows_repaired": facts.n_repaired,
        "blank_rows": facts.n_blank,
        "totals_and_footnotes": facts.n_left_out,
        "format": f"{facts.kind} ({facts.detail})",
        "headings": ", ".join(f"{n} {method}" for method, n in sorted(methods.items())),
        "date_order": ", ".join(sorted(set(facts.date_orders.values()))) or "no dates",
        "dates_in_other_order": facts.n_other_order,
    }


def _judgement_metadata(judgements: pl.DataFrame) -> dict[str, object]:
    counts = judgements.group_by("severity", "rule").len().sort("severity", "rule")
    lines = [f"| {severity} | {rule} | {n} |" for severity, rule, n in counts.iter_rows()]
    table = "\n".join(["| severity | rule | rows |", "|---|---|---|", *lines])
    return {"by_rule": dg.MetadataValue.md(table)}


@gated_asset("return_receipts", deps=["return_judgements", "opt_outs"])
def return_receipts(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Every file that arrived, kept and with its verdict."""
    home = Home.from_environment()
    register_landed(home, landed_files(home.landing))
    with zone.connect() as connection:
        refused = connection.sql(REFUSED_FILES_SQL).fetchall()
    judged = {
        (Slot(council_code, quarter_date).folder, sha256): FileVerdict(
            "waiting" if rule in WAITING_RULES else "refused", sentence
        )
        for council_code, quarter_date, sha256, rule, sentence in refused
    }
    arrivals = ArrivalRegister.of_home(home).all("return", "withdrawal")
    judged |= purged_verdicts(originals_of(home), arrivals)
    found = receipts(arrivals, judged, opt_outs_in_force(zone.root).n)
    counts = dict(found["verdict"].value_counts().iter_rows())
    return Produced(found, {f"files_{verdict}": n for verdict, n in sorted(counts.items())})


def purged_verdicts(originals: Originals, arrivals: Sequence[Arrival]) -> dict[FileKey, FileVerdict]:
    """The verdicts on refused files that were removed since: nobody judges them again."""
    words = {each.sha256: originals.word_of(each.sha256) for each in arrivals}
    told = FileVerdict("refused", "It was refused, and removed when its retention was over (retention.yml).")
    return {(slot, sha256): told for sha256, word in words.items() if word for slot in word.refused_in}


register_models = sql_assets("linkage", "returns")


@gated_asset("register_schools", deps=["council_register", "opted_out_records"])
def register_schools(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Which school each council's words mean."""
    home = Home.from_environment()
    reference = _school_list(home)
    with zone.connect() as connection:
        texts = connection.sql(
            "SELECT DISTINCT council_code, school_name FROM council_register "
            "ANTI JOIN opted_out_records USING (council_code, person_ref) WHERE school_name IS NOT NULL"
        ).pl()
    found = match_schools(texts, read_reference(reference), known=zone.read("register_schools"))
    counts = dict(found["method"].value_counts().iter_rows())
    return Produced(found, {f"schools_{method}": n for method, n in sorted(counts.items())})


def _school_list(home: Home) -> bytes:
    """Education's list of schools that arrived last."""
    path = home.landing / "reference" / "schools.csv"
    if path.is_file():
        register_file(home, path, "reference", "schools")
    last = ArrivalRegister.of_home(home).current("reference", "schools")
    if last is None:
        raise InputRefused(
            "There is no reference/schools.csv in the transfer area. Ask education for the list of schools."
        )
    return originals_of(home).read(last.sha256)
