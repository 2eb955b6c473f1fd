"""`tf-eval protect` and `tf-eval attack`, as somebody with tables and no home would use them."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from tf_assets.cli.main import app
from tf_assets.research.publication.ledger import UNBOUNDED, Ledger
from tf_assets.research.publication.rounding import draws
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.geography import councils

COUNCILS = councils()["council_code"].head(6).to_list()

PROTOCOL = """
version: 1
release: {release}
tables:
  visits:
    counts: {{n_people: people_key, n_yes: yes_key}}
    groups: [sex]
    topics: [arm, outcome]
    rates:
      yes_rate: {{of: n_yes, per: n_people}}
    within: [[n_yes, n_people]]
"""


def cells(seed: int = 1) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    rows = [
        {"council_code": council, "sex": sex, "arm": arm, "outcome": "visited"}
        for council in COUNCILS
        for sex in ("F", "M")
        for arm in ("programme", "comparison")
    ]
    people = random.poisson(120, len(rows))
    return pl.DataFrame(rows).with_columns(
        n_people=people,
        n_yes=random.binomial(people, 0.06),
        people_key=random.integers(0, 2**64, len(rows), dtype=np.uint64),
        yes_key=random.integers(0, 2**64, len(rows), dtype=np.uint64),
    )


def hovering(step: int) -> pl.DataFrame:
    """One council's cell in which one more person has the outcome at each step, rounded up and down by turns."""
    base = cells().filter((pl.col("sex") == "F") & (pl.col("arm") == "programme")).head(1)
    yes, is_up = 3 + step, step % 2 == 0
    keys = (int(key) for key in np.random.default_rng(step).integers(0, 2**62, 10_000))
    key = next(key for key in keys if (draws(pl.Series([key], dtype=pl.UInt64))[0] * 10 < yes) == is_up)
    return base.with_columns(n_yes=pl.lit(yes), yes_key=pl.lit(key, dtype=pl.UInt64), n_people=pl.lit(400))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    cells().write_csv(tmp_path / "tables" / "visits.csv")
    return tmp_path


def run_protect(folder: Path, release: str = "r1", out: str = "out") -> str:
    (folder / "protocol.yml").write_text(PROTOCOL.format(release=release))
    options = {"protocol": folder / "protocol.yml", "ledger": folder / "ledger", "out": folder / out}
    given = [word for name, path in options.items() for word in (f"--{name}", str(path))]
    told = CliRunner().invoke(app, ["protect", str(folder / "tables"), *given])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    assert told.exit_code == 0, told.output
    return told.output


def run_attack(folder: Path, *options: str) -> tuple[int, str]:
    told = CliRunner().invoke(app, ["attack", str(folder / "ledger"), *options])
    if told.exception is not None and not isinstance(told.exception, SystemExit):
        raise told.exception
    return told.exit_code, " ".join(told.output.split())


def test_tables_are_rounded_recorded_and_hold_against_the_attack(folder: Path) -> None:
    run_protect(folder)
    out = pl.read_csv(folder / "out" / "visits.csv")
    assert (out["n_yes"] % 10 == 0).all() and (out["n_people"] % 10 == 0).all()
    assert set(out["area_type"]) == {"england", "region", "council"} and not out["is_kept"].any()
    given = out.filter(pl.col("yes_rate").is_not_null())
    assert given.height and given["yes_rate"].to_list() == (100 * given["n_yes"] / given["n_people"]).round(1).to_list()
    assert out.filter((pl.col("n_people") < 100) & pl.col("yes_rate").is_not_null()).is_empty()

    truth = cells()
    england = out.filter((pl.col("area_type") == "england") & (pl.col("sex") == "all") & (pl.col("arm") == "programme"))
    true_count = truth.filter(pl.col("arm") == "programme")["n_people"].sum()
    assert abs(england["n_people"].item() - true_count) < 10

    recorded = Ledger(folder / "ledger").read()
    assert recorded.height == 2 * out.height
    code, said = run_attack(folder, "--json", str(folder / "attack.json"), "--findings", str(folder / "found.parquet"))
    assert code == 0 and "No group of 1 to 9 people is found" in said
    summary = {row["target"]: row for row in json.loads((folder / "attack.json").read_text())["targets"]}
    assert summary["count"]["n_targets"] > 0 and summary["outside"]["n_narrow"] == 0
    assert pl.read_parquet(folder / "found.parquet").height == sum(row["n_targets"] for row in summary.values())


def test_the_same_people_give_the_same_numbers_in_the_next_release(folder: Path) -> None:
    run_protect(folder)
    run_protect(folder, "r2", "out2")
    first, second = (pl.read_csv(folder / name / "visits.csv") for name in ("out", "out2"))
    assert first.equals(second)
    assert len(Ledger(folder / "ledger").publications()) == 2


def test_a_figure_that_would_be_narrowed_down_is_kept(folder: Path) -> None:
    kept_at = []
    for step in range(7):
        hovering(step).write_csv(folder / "tables" / "visits.csv")
        run_protect(folder, f"r{step}", f"out{step}")
        if pl.read_csv(folder / f"out{step}" / "visits.csv")["is_kept"].any():
            kept_at.append(step)
        assert run_attack(folder)[0] == 0
    assert kept_at
    assert Ledger(folder / "ledger").read().filter(pl.col("upper") == UNBOUNDED).height


def test_a_figure_is_kept_though_another_table_was_published_since(folder: Path) -> None:
    other = {"tables": folder / "other", "ledger": folder / "ledger"}
    other["tables"].mkdir()
    cells(3).write_csv(other["tables"] / "stays.csv")
    (folder / "other.yml").write_text(PROTOCOL.format(release="s0").replace("visits", "stays"))
    for step in range(7):
        hovering(step).write_csv(folder / "tables" / "visits.csv")
        run_protect(folder, f"r{step}", f"out{step}")
        if step == 4:
            given = ["--protocol", str(folder / "other.yml"), "--ledger", str(other["ledger"])]
            told = CliRunner().invoke(app, ["protect", str(other["tables"]), *given, "--out", str(folder / "stays")])
            assert told.exit_code == 0
    kept = pl.read_csv(folder / "out5" / "visits.csv")
    assert kept["is_kept"].any() and kept["n_yes"].null_count() == 0


def test_a_ledger_of_exact_counts_is_broken(folder: Path) -> None:
    run_protect(folder)
    recorded = Ledger(folder / "ledger").read().select(pl.exclude("previous_hash", "record_hash"))
    exact = recorded.with_columns(publication_id=pl.lit("x-1"), lower=pl.col("published"), upper=pl.col("published"))
    small = exact.with_columns(
        pl.when(pl.col("measure") == "n_yes").then(3.0).otherwise(pl.col(name)).alias(name)
        for name in ("published", "lower", "upper")
    ).filter((pl.col("area_code") == COUNCILS[0]) & (pl.col("sex") == "all"))
    broken = Ledger(folder / "broken")
    broken.append("x-1", small)
    told = CliRunner().invoke(app, ["attack", str(folder / "broken")])
    assert told.exit_code == 1 and "small groups are found" in " ".join(told.output.split())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda t: t.drop("yes_key"), "visits has no column yes_key"),
        (lambda t: t.with_columns(n_yes=pl.lit("many")), "column n_yes is not a count of 0 or more in 24 rows"),
        (lambda t: t.with_columns(n_yes=pl.lit(-1)), "column n_yes is not a count of 0 or more in 24 rows"),
        (lambda t: t.with_columns(people_key=pl.lit(None)), "column people_key is not given"),
        (lambda t: pl.concat([t, t.head(1)]), "two rows of the same council_code, sex, arm, outcome"),
        (lambda t: t.with_columns(council_code=pl.lit("Nowhere")), "visits"),
        (lambda t: t.with_columns(sex=pl.lit("girl")), "visits"),
    ],
)
def test_a_wrong_table_is_refused_in_a_sentence(folder: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    change(cells()).write_csv(folder / "tables" / "visits.csv")
    with pytest.raises(InputRefused, match=said) as refused:
        run_protect(folder)
    assert "girl" not in str(refused.value) and "Nowhere" not in str(refused.value)
    assert not (folder / "out").exists() and not (folder / "ledger").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("topics: [arm, outcome]", "topics: [arm, postcode]", "postcode"),
        ("of: n_yes", "of: n_all", "n_all"),
        ("version: 1", "version: [", "is not YAML"),
        ("counts: {{n_people", "counts: {{people", "counts"),
        ("release: {release}", "release: a b", "release"),
    ],
)
def test_a_wrong_protocol_is_refused_in_a_sentence(
    folder: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.setitem(globals(), "PROTOCOL", PROTOCOL.replace(old, new))
    with pytest.raises(InputRefused, match=said):
        run_protect(folder)


def test_a_publication_is_never_written_over(folder: Path) -> None:
    run_protect(folder)
    with pytest.raises(InputRefused, match="name a new folder"):
        run_protect(folder, "r2")


def test_a_folder_that_is_no_ledger_is_refused(folder: Path) -> None:
    with pytest.raises(InputRefused, match=r"no head\.json"):
        run_attack(folder)
