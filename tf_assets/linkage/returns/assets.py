"""Assets of the returns: receipts, the register and what was found wrong with it, and the schools."""

from collections import Counter
from collections.abc import Mapping

import dagster as dg
import polars as pl

from tf_assets.linkage.keys import load_keys
from tf_assets.linkage.partitions import Slot, council_quarter_partitions
from tf_assets.linkage.returns.feedback import write_feedback
from tf_assets.linkage.returns.judging import WHOLE_FILE, JudgedReturn
from tf_assets.linkage.returns.originals import Originals
from tf_assets.linkage.returns.receipts import receipts
from tf_assets.linkage.returns.receiving import SlotVerdict, receive_slot
from tf_assets.linkage.returns.schools import match_schools, read_reference
from tf_assets.linkage.returns.slots import landed_files
from tf_assets.quality.gate import Produced, gated_asset, gated_multi_asset
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.zone import Zone


def _originals(home: Home) -> Originals:
    return Originals(home.zone("linkage"), load_keys(home).storage_key)


@gated_multi_asset(["council_register", "return_judgements"], partitions_def=council_quarter_partitions)
def council_return(context: dg.AssetExecutionContext, zone: Zone) -> Mapping[str, Produced]:
    """One council's return for one quarter."""
    home = Home.from_environment()
    verdict = receive_slot(home.landing, Slot.of_key(context.partition_key), _originals(home).keep)
    if verdict.refusal:
        write_feedback(home.feedback, verdict.received, verdict.refusal)
        raise _refusal(verdict)
    if verdict.judged is None:
        raise InputRefused("The slot holds no file.")
    write_feedback(home.feedback, verdict.received, verdict.judged)
    return {
        "council_register": Produced(verdict.judged.accepted, _metadata(verdict.judged)),
        "return_judgements": Produced(verdict.judged.judgements, _judgement_metadata(verdict.judged.judgements)),
    }


def _refusal(verdict: SlotVerdict) -> InputRefused:
    """The refusal of the last file, with its judgements and with what an earlier file of the slot gives."""
    told = [each.judgements for each in (verdict.refusal, verdict.judged) if each]
    beside = {"return_judgements": pl.concat(told)}
    if verdict.judged:
        beside["council_register"] = verdict.judged.accepted
    return InputRefused(str(verdict.refusal), beside)


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


@gated_asset("return_receipts", deps=["return_judgements"])
def return_receipts(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Every file that landed, kept and with its verdict."""
    home = Home.from_environment()
    originals = _originals(home)
    for file in landed_files(home.landing):
        if not originals.holds(file.sha256):
            originals.keep(file.read())
    refused = zone.read("return_judgements").filter(pl.col("row_number") == WHOLE_FILE, pl.col("severity") == "refused")
    refusals = {
        (council_code, quarter_date, sha256): sentence
        for council_code, quarter_date, sha256, sentence in refused.select(
            "council_code", "quarter_date", "source_sha256", "sentence"
        ).iter_rows()
    }
    found = receipts(home.landing, refusals)
    counts = dict(found["verdict"].value_counts().iter_rows())
    return Produced(found, {f"files_{verdict}": n for verdict, n in sorted(counts.items())})


@gated_asset("register_schools", deps=["council_register"])
def register_schools(context: dg.AssetExecutionContext, zone: Zone) -> Produced:
    """Which school each council's words mean."""
    path = Home.from_environment().landing / "reference" / "schools.csv"
    if not path.is_file():
        raise InputRefused(
            "There is no reference/schools.csv in the transfer area. Ask education for the list of schools."
        )
    with zone.connect() as connection:
        texts = connection.sql(
            "SELECT DISTINCT council_code, school_name FROM council_register WHERE school_name IS NOT NULL"
        ).pl()
    found = match_schools(texts, read_reference(path.read_bytes()))
    counts = dict(found["method"].value_counts().iter_rows())
    return Produced(found, {f"schools_{method}": n for method, n in sorted(counts.items())})
