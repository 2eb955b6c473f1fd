"""Who should be in an extract, and who was linked to it, on small tables."""

from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tf_assets.warehouse.extract_ages import EXTRACT_AGES
from tf_assets.warehouse.given import GIVEN_TABLES
from tf_assets.warehouse.project import project_root

MODEL = project_root() / "dbt_like_sql" / "linkage" / "spine" / "link_counts.sql"

FIRST_YEARS = {
    "attendance": "2014-09-01",
    "attainment": "2014-09-01",
    "hospital": "2014-04-01",
    "benefits": "2014-04-01",
}
LAST_YEARS = {
    "attendance": "2015-09-01",
    "attainment": "2015-09-01",
    "hospital": "2015-04-01",
    "benefits": "2015-04-01",
}


def run(people: dict[str, date | None], links: list[tuple[str, str, str]] = (), council: str = "E1") -> pl.DataFrame:
    """Counts of people (id: month of birth), with links (extract, person, stage), assessed on 1 May 2015."""
    born = [(name, month, None if name == "nobody" else "F", council) for name, month in people.items()]
    tables = {
        "people": pl.DataFrame(
            born, schema=["person_id", "birth_month", "sex", "council_code"], orient="row"
        ).with_columns(pl.col("birth_month").cast(pl.Date), pl.col("sex").cast(pl.String)),
        "register_clusters": pl.DataFrame({"person_id": list(people), "person_ref": list(people)}).with_columns(
            council_code=pl.lit(council)
        ),
        "register_programme": pl.DataFrame({"person_ref": list(people)}).with_columns(
            council_code=pl.lit(council), assessment_date=pl.lit(date(2015, 5, 1))
        ),
        "record_links": pl.DataFrame(
            links, schema=dict.fromkeys(("extract", "person_id", "stage"), pl.String), orient="row"
        ),
        "department_people": pl.DataFrame(
            {"extract": [*FIRST_YEARS, "offences"], "first": [*FIRST_YEARS.values(), "2014-01-01"]}
            | {"last": [*LAST_YEARS.values(), "2015-01-01"]}
        ).select("extract", first_year_date=pl.col("first").str.to_date(), last_year_date=pl.col("last").str.to_date()),
    }
    with duckdb.connect() as connection:
        for name, frame in (tables | {name: made() for name, made in GIVEN_TABLES.items()}).items():
            connection.register(name, frame.to_arrow())
        return connection.sql(Path(MODEL).read_text()).pl().sort("extract", "dimension", "people_group")


@pytest.mark.parametrize(
    ("birth_month", "extracts"),
    [
        (date(2016, 4, 1), set()),  # born after the last year
        (date(2016, 3, 1), {"hospital"}),
        (date(2010, 9, 1), {"hospital"}),  # five in September 2015, so a pupil from 2016/17
        (date(2010, 8, 1), {"hospital", "attendance"}),  # five on 31 August 2015
        (date(2005, 8, 1), {"hospital", "attendance", "attainment"}),  # year 6 in 2015/16
        (date(2002, 3, 1), {"hospital", "attendance"}),  # years 8 and 9
        (date(2000, 3, 1), {"hospital", "attendance", "attainment", "benefits"}),  # year 11 in 2015/16, then 16
        (date(1998, 9, 1), {"hospital", "attendance", "attainment", "benefits"}),  # year 11 in 2014/15
        (date(1998, 8, 1), {"hospital", "benefits"}),  # 16 before 2014/15
        (None, {"hospital"}),  # of no known age
    ],
)
def test_who_is_expected_follows_from_the_month_of_birth_alone(birth_month, extracts):
    everybody = run({"p": birth_month}).filter(pl.col("dimension") == "all")
    assert set(everybody.filter(pl.col("n_expected") == 1)["extract"]) == extracts
    assert everybody["n_linked"].sum() == 0
    assert everybody.height == 5  # offences arrived and should hold nobody


def test_people_are_counted_by_group_and_links_by_stage():
    born = {"child": date(2004, 3, 1), "adult": date(1980, 1, 1), "nobody": None}
    links = [("hospital", "child", "name_dob_postcode"), ("hospital", "adult", "probabilistic")]
    hospital = run(born, links).filter(pl.col("extract") == "hospital")
    columns = ("dimension", "people_group", "n_people", "n_linked", "n_expected", "n_expected_linked")
    assert hospital.select(columns).rows() == [
        ("age_band", "10-15", 1, 1, 1, 1),
        ("age_band", "35-49", 1, 1, 1, 1),
        ("age_band", "unknown", 1, 0, 1, 0),
        ("all", "all", 3, 2, 3, 2),
        ("council", "E1", 3, 2, 3, 2),
        ("sex", "F", 2, 2, 2, 2),
        ("sex", "U", 1, 0, 1, 0),
        ("stage", "name_dob_postcode", 3, 1, 3, 1),
        ("stage", "probabilistic", 3, 1, 3, 1),
    ]
    assert hospital["is_everybody_held"].all()


def test_a_link_of_somebody_who_was_not_expected_is_in_the_whole_and_not_in_the_expected():
    attendance = run({"adult": date(1980, 1, 1)}, [("attendance", "adult", "upn")]).filter(
        (pl.col("extract") == "attendance") & (pl.col("dimension") == "all")
    )
    assert attendance.select("n_people", "n_linked", "n_expected", "n_expected_linked").rows() == [(1, 1, 0, 0)]
    assert not attendance["is_everybody_held"].any()


def test_every_rule_has_a_source_and_whole_years():
    for rule in EXTRACT_AGES:
        assert rule.source and 0 <= rule.from_age <= rule.to_age and rule.age_month in (0, 12)
