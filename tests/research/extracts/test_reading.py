"""Attributes files: re-keyed, typed, refused whole with a sentence that holds no value."""

from datetime import date

import polars as pl
import pytest

from tf_assets.research.extracts.reading import read_attributes
from tf_assets.research.extracts.shapes import SHAPES
from tf_assets.warehouse.calendar import EXTRACTS
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.record_keys import record_key

YEAR = date(2015, 4, 1)
GOOD = "record_ref,benefit,start_date,end_date\nSECRET1,JSA,2015-05-01,2015-06-01\nSECRET2,UC,2015-05-02,\n"
OFFENCES = (
    "record_ref,offence_date,disposal_date,offence_group,disposal,n_custody_days,is_domestic_abuse\n"
    "SECRET1,2015-05-01,2015-06-01,theft,conviction,12,true\n"
)


@pytest.fixture
def file(tmp_path):
    def write(text, name="attributes.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return path

    return write


def test_every_extract_has_a_shape():
    assert SHAPES.keys() == EXTRACTS.keys()


def test_the_reference_is_replaced_by_the_record_key(file):
    found = read_attributes(file(GOOD), "benefits", "salt", YEAR)
    assert found.columns == ["record_key", "benefit", "start_date", "end_date", "year_start_date"]
    assert dict(found.select("record_key", "benefit").iter_rows()) == {
        record_key("salt", "benefits", "SECRET1"): "JSA",
        record_key("salt", "benefits", "SECRET2"): "UC",
    }
    assert "SECRET" not in str(found.to_dicts())


def test_two_projects_and_two_extracts_get_different_keys(file):
    keys = {read_attributes(file(GOOD), "benefits", salt, YEAR)["record_key"].sort()[0] for salt in ("one", "other")}
    assert len(keys) == 2
    assert record_key("one", "benefits", "SECRET1") != record_key("one", "hospital", "SECRET1")


def test_types_are_the_declared_ones(file):
    row = read_attributes(file(OFFENCES), "offences", "salt", date(2015, 1, 1)).drop("record_key").row(0)
    assert row == (date(2015, 5, 1), date(2015, 6, 1), "theft", "conviction", 12, True, date(2015, 1, 1))


def test_a_parquet_file_gives_the_same_table_as_a_csv(file, tmp_path):
    path = tmp_path / "attributes.parquet"
    typed = pl.read_csv(file(GOOD)).with_columns(pl.col("start_date", "end_date").str.to_date())
    typed.reverse().write_parquet(path)
    assert read_attributes(path, "benefits", "s", YEAR).equals(read_attributes(file(GOOD), "benefits", "s", YEAR))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "cannot be read as CSV"),
        ("record_ref,benefit,start_date\nSECRET1,JSA,2015-05-01\n", "lacks end_date"),
        (GOOD.replace("end_date\n", "end_date,SECRETNAME\n").replace("06-01", "06-01,x"), "has 1 columns that"),
        (GOOD.replace("2015-05-01", "01/05/2015"), "1 rows whose start_date is not a date in the form YYYY-MM-DD"),
        (GOOD.replace("2015-05-01", ""), "1 rows whose start_date is missing"),
        (GOOD.replace("UC", "SECRETBENEFIT"), "1 rows whose benefit is not one of the codes"),
        (GOOD.replace("SECRET2", ""), "1 rows without record_ref"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_without_a_value(file, text, sentence):
    with pytest.raises(InputRefused, match=sentence) as refusal:
        read_attributes(file(text), "benefits", "salt", YEAR)
    assert "SECRET" not in str(refusal.value) and "Ask DWP" in str(refusal.value)


@pytest.mark.parametrize(
    ("good", "bad", "sentence"),
    [
        (",12,", ",-1,", "n_custody_days is below zero"),
        (",12,", ",1.5,", "n_custody_days is not a whole number"),
        (",true", ",perhaps", "is_domestic_abuse is not true or false"),
    ],
)
def test_numbers_and_flags_that_do_not_fit_are_refused(file, good, bad, sentence):
    with pytest.raises(InputRefused, match=sentence):
        read_attributes(file(OFFENCES.replace(good, bad)), "offences", "salt", date(2015, 1, 1))


def test_a_damaged_parquet_file_is_refused(tmp_path):
    path = tmp_path / "attributes.parquet"
    path.write_bytes(b"PAR1 but no more")
    with pytest.raises(InputRefused, match="cannot be read as PARQUET"):
        read_attributes(path, "hospital", "salt", YEAR)
