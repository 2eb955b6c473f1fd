"""Who is out: literal registers and extracts, and what each kind of evidence leaves out of them."""

from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tf_assets.linkage.opt_outs import applying, same_person
from tf_assets.linkage.opt_outs.applying import OptedOut, find_opted_out
from tf_assets.linkage.opt_outs.evidence import FIELDS, KINDS, judge
from tf_assets.linkage.opt_outs.sources import REGISTER
from tf_assets.linkage.opt_outs.store import OptOuts, opt_outs_in_force, record_opt_outs
from tf_assets.warehouse.errors import GateFailed

KEY = "0123456789abcdef" * 4
AT = datetime(2016, 1, 1, tzinfo=UTC)
LEEDS, BRADFORD = "E08000035", "E08000032"

REGISTER_ROWS = [
    # council, person_ref, forename, surname, born, postcode, upn, nino
    (LEEDS, "P1", "ROBERT", "MARSH", "1984-05-02", "LS1 4AP", None, "AB123456C"),  # Bob
    (LEEDS, "P1", "BOB", "MARSH", "1984-05-02", "LS9 9ZZ", None, None),  # the same in an earlier return
    (LEEDS, "P2", "ROBERT", "MARSH", "2008-11-19", "LS1 4AP", None, None),  # his son of the same name
    (LEEDS, "P3", "ANA", "MARSH", "2010-03-03", "LS1 4AP", "B123456789012", None),  # twins
    (LEEDS, "P4", "EVA", "MARSH", "2010-03-03", "LS1 4AP", "C123456789012", None),
    (BRADFORD, "Q1", "ROBERT", "MARSH", None, "LS1 4AP", None, "AB123456C"),  # Bob, moved, by his number
    (BRADFORD, "Q2", "LENA", "OKORO", "1990-01-07", "BD1 1AA", None, "CE123456D"),  # married name
    (LEEDS, "P5", "LENA", "MARSH", "1990-01-07", "LS1 4AP", None, "CE123456D"),  # maiden name
    (LEEDS, "P6", "MOHAMMED ALI", "KHAN", "2011-06-06", "LS2 2AA", None, None),  # twins with one first name
    (LEEDS, "P7", "MOHAMMED OMAR", "KHAN", "2011-06-06", "LS2 2AA", None, None),
]
REGISTER_COLUMNS = ["council_code", "person_ref", "forename", "surname", "date_of_birth", "postcode", "upn", "nino"]
HOSPITAL_ROWS = [
    # record_ref, forename, surname, aliases, born, postcode, nhs_number
    ("H1", "BOB", "MARSH", None, "1984-05-02", "M1 1AE", "9434765919"),
    ("H2", "ROBERT", "MARSH", None, "2008-11-19", "LS1 4AP", "9434765870"),
    ("H3", "LENA", "OKORO", None, "1990-01-07", "BD1 1AA", "9434765838"),
    ("H4", "EVA", "MARSH", None, "2010-03-03", "LS1 4AP", None),
]
OFFENCE_ROWS = [("O1", "ROBBIE", "SLATE", "JO SLATE|ROBERT MARSH", "1984-05-02", "L1 1AA", None)]
IDENTITY_COLUMNS = ["record_ref", "forename", "surname", "aliases", "date_of_birth", "postcode", "nhs_number"]
TEXT = dict.fromkeys([*REGISTER_COLUMNS, *IDENTITY_COLUMNS], pl.String)


def _frame(columns: list[str], rows: list[tuple[str | None, ...]]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, schema={column: TEXT[column] for column in columns}, orient="row")
    return frame.with_columns(pl.col("date_of_birth").str.to_date("%Y-%m-%d"))


def _opt_outs(folder: Path, *said: dict[str, str]) -> OptOuts:
    rows = [{"row_number": at, **dict.fromkeys(FIELDS), **each} for at, each in enumerate(said, start=1)]
    judged = judge(pl.DataFrame(rows, schema={"row_number": pl.UInt32, **dict.fromkeys(FIELDS, pl.String)}))
    assert judged.n_refused == 0
    record_opt_outs(folder, judged.usable, KEY, AT, AT, is_landed=False)
    return opt_outs_in_force(folder, key=KEY)


def _find(
    opt_outs: OptOuts,
    register: list[tuple[str | None, ...]] = REGISTER_ROWS,
    hospital: list[tuple[str | None, ...]] = HOSPITAL_ROWS,
) -> OptedOut:
    none = pl.lit(None, pl.String)
    with duckdb.connect() as connection:
        connection.register("council_register", _frame(REGISTER_COLUMNS, register).to_arrow())
        for extract, rows in (("hospital", hospital), ("offences", OFFENCE_ROWS)):
            frame = _frame(IDENTITY_COLUMNS, rows).with_columns(upn=none, nino=none)
            connection.register(f"{extract}_identities", frame.to_arrow())
        return find_opted_out(connection, opt_outs, KEY, ("hospital", "offences"))


def _refs(found: OptedOut) -> set[str]:
    return {*found.records["person_ref"], *found.identities["record_ref"]}


BOB = {"P1", "Q1", "H1", "O1"}
LENA = {"P5", "Q2", "H3"}
SAID: list[tuple[str, dict[str, str], set[str]]] = [
    ("register_ref", {"council": "Leeds", "person_ref": "p1"}, BOB),
    ("register_ref", {"council": LEEDS, "person_ref": "P0001"}, set()),
    ("nino", {"nino": "ab 12 34 56 c"}, BOB),
    ("nino", {"nino": "CE123456D"}, LENA),
    ("nhs_number", {"nhs_number": "943 476 5838"}, LENA),
    ("name_dob", {"forename": "Bob", "surname": "Marsh", "date_of_birth": "02/05/1984"}, BOB),
    # Q1 has no date of birth and may be the son's: it is out, and its number does not lead on to the father
    ("name_dob", {"forename": "Robert", "surname": "Marsh", "date_of_birth": "2008-11-19"}, {"P2", "H2", "Q1"}),
    ("name_dob", {"forename": "Ana", "surname": "Marsh", "date_of_birth": "2010-03-03"}, {"P3"}),
    ("name_dob", {"forename": "Lena", "surname": "Marsh", "date_of_birth": "1990-01-07"}, LENA),
    ("name_dob", {"forename": "Mohammed Ali", "surname": "Khan", "date_of_birth": "2011-06-06"}, {"P6"}),
    ("name_dob", {"forename": "Mohammed", "surname": "Khan", "date_of_birth": "2011-06-06"}, {"P6", "P7"}),
    ("name_dob", {"forename": "Bob James", "surname": "Marsh", "date_of_birth": "1984-05-02"}, BOB),
    ("forename_dob_postcode", {"forename": "Lena", "date_of_birth": "1990-01-07", "postcode": "bd11aa"}, LENA),
    ("name_postcode", {"forename": "Lena", "surname": "Okoro", "postcode": "BD1 1AA"}, LENA),
    # without a date of birth the father cannot be told from the son: both are out
    ("name_postcode", {"forename": "Rob", "surname": "Marsh", "postcode": "LS1 4AP"}, {*BOB, "P2", "H2"}),
]


@pytest.mark.parametrize(("kind", "said", "out"), SAID)
def test_a_person_is_out_of_every_register_and_extract(
    tmp_path: Path, kind: str, said: dict[str, str], out: set[str]
) -> None:
    opt_outs = _opt_outs(tmp_path, said)
    assert [each.evidence for each in opt_outs.opt_outs] == [(kind,)]
    assert _refs(_find(opt_outs)) == out


def test_every_kind_of_evidence_is_tried_and_so_is_a_upn(tmp_path: Path) -> None:
    assert {kind for kind, _, _ in SAID} | {"upn"} == set(KINDS)
    upn = "H801200001001"
    opt_outs = _opt_outs(tmp_path, {"upn": upn})
    register = [*REGISTER_ROWS[2:4], (LEEDS, "P8", "TOM", "MARSH", "2009-09-09", None, upn, None)]
    assert _refs(_find(opt_outs, register)) == {"P8"}


def test_a_date_with_a_slip_at_the_same_address_is_out_and_the_son_of_the_name_stays(tmp_path: Path) -> None:
    opt_outs = _opt_outs(
        tmp_path, {"forename": "Rob", "surname": "Marsh", "date_of_birth": "1984-05-02", "postcode": "LS1 4AP"}
    )
    register = [
        (LEEDS, "P1", "ROBERT", "MARSH", "1984-05-20", "LS1 4AP", None, None),
        (LEEDS, "P2", "ROBERT", "MARSH", "2008-11-19", "LS1 4AP", None, None),
        (LEEDS, "P9", "ROBERT", "MARSH", None, "LS1 4AP", None, None),
    ]
    assert _refs(_find(opt_outs, register, [])) == {"P1", "P9", "O1"}


def test_a_slip_in_the_forename_is_out_and_a_twin_of_nearly_the_name_stays(tmp_path: Path) -> None:
    register = [
        (LEEDS, "T1", "AMIRA", "SHAH", "2009-04-04", "LS3 3AA", None, None),
        (LEEDS, "T2", "AMINA", "SHAH", "2009-04-04", "LS3 3AA", None, None),
    ]
    names = {"S1": "AMRIA", "S2": "AMINA", "S3": "AMIRAH"}
    hospital = [(ref, name, "SHAH", None, "2009-04-04", "LS3 3AA", None) for ref, name in names.items()]
    opt_outs = _opt_outs(tmp_path, {"council": "Leeds", "person_ref": "T1"})
    assert _refs(_find(opt_outs, register, hospital)) == {"T1", "S1", "S3"}
    # a twin who is on no register stays too where the name is one that people go by
    others = [(LEEDS, f"N{at}", "AMINA", "PATEL", f"200{at}-01-01", None, None, None) for at in range(3)]
    assert _refs(_find(opt_outs, [register[0], *others], hospital)) == {"T1", "S1", "S3"}


def test_a_later_return_with_the_person_again_changes_nothing(tmp_path: Path) -> None:
    """The hashes are held against whatever comes: another council's first return, with a surname misspelt."""
    opt_outs = _opt_outs(tmp_path, {"council": "Leeds", "person_ref": "P5"})
    future = ("E09000001", "N1", "LENA", "OKORRO", "1990-01-07", "EC1A 1BB", None, None)
    assert _refs(_find(opt_outs, [*REGISTER_ROWS, future])) == {*LENA, "N1"}


def test_a_number_that_everybody_has_leads_nowhere(tmp_path: Path) -> None:
    crowd = [
        (
            LEEDS,
            f"C{at}",
            "ROBERT",
            f"SURNAME{'ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKL'[at]}{at}",
            None,
            None,
            None,
            "AB123456C",
        )
        for at in range(same_person.MOST_RECORDS_WITH_ONE_NUMBER)
    ]
    opt_outs = _opt_outs(tmp_path, {"council": "Leeds", "person_ref": "P1"})
    assert _refs(_find(opt_outs, [*REGISTER_ROWS, *crowd])) == BOB


def test_opt_outs_that_join_strangers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(applying, "MOST_RECORDS_OF_AN_OPT_OUT", 3)
    with pytest.raises(GateFailed, match="more than 3 records each") as refusal:
        _find(_opt_outs(tmp_path, {"nino": "AB123456C"}))
    assert "MARSH" not in str(refusal.value) and "AB123456C" not in str(refusal.value)


def test_a_whole_family_may_opt_out(tmp_path: Path) -> None:
    said = [{"council": "Leeds", "person_ref": row[1] or ""} for row in REGISTER_ROWS]
    found = _find(_opt_outs(tmp_path, *said))
    assert found.records.height == len({(row[0], row[1]) for row in REGISTER_ROWS})


def test_without_opt_outs_nothing_is_read(tmp_path: Path) -> None:
    with duckdb.connect() as connection:  # which has none of the tables
        found = find_opted_out(connection, opt_outs_in_force(tmp_path), KEY)
    assert (found.records.height, found.identities.height) == (0, 0)
    assert found.records.columns == ["council_code", "person_ref"]
    assert REGISTER not in found.identities["extract"]


def test_opt_outs_are_in_force_from_when_they_were_known(tmp_path: Path) -> None:
    _opt_outs(tmp_path, {"nino": "CE123456D"})
    assert opt_outs_in_force(tmp_path, datetime(2015, 12, 31)).n == 0
    assert opt_outs_in_force(tmp_path, datetime(2016, 1, 1)).n == 1
    assert date(2016, 1, 1) == opt_outs_in_force(tmp_path).opt_outs[0].known_at.date()
