"""What is kept of an opt-out: hashes, whole or not at all, and never what they are made of."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from tf_assets.linkage.keys import keyed_digest
from tf_assets.linkage.opt_outs.evidence import EVIDENCE_COLUMNS, FIELDS, KINDS, judge
from tf_assets.linkage.opt_outs.keyed import PURPOSES, Pads, hash_evidence
from tf_assets.linkage.opt_outs.store import opt_outs_in_force, record_opt_outs
from tf_assets.warehouse.errors import KeysRefused

KEY, OTHER_KEY = "0123456789abcdef" * 4, "fedcba9876543210" * 4
EARLY, LATE = datetime(2016, 1, 1, tzinfo=UTC), datetime(2017, 1, 1, tzinfo=UTC)
ANN = {
    "council": "Leeds", "person_ref": "QZ77", "forename": "Bob James", "surname": "O'Zzyzx", "date_of_birth": "1984-05-02",
    "postcode": "LS1 4AP", "upn": "H801200001001", "nino": "AB123456C", "nhs_number": "9434765919",
}  # fmt: skip


def _evidence(*said: dict[str, str]) -> pl.DataFrame:
    rows = [{"row_number": at, **dict.fromkeys(FIELDS), **each} for at, each in enumerate(said, start=1)]
    return judge(pl.DataFrame(rows, schema={"row_number": pl.UInt32, **dict.fromkeys(FIELDS, pl.String)})).usable


def _record(root: Path, *said: dict[str, str], at: datetime = EARLY) -> int:
    return record_opt_outs(root, _evidence(*said), KEY, at, at, is_landed=False)


def test_hashes_are_hmacs_of_one_text_a_purpose() -> None:
    hashes = hash_evidence(_evidence(ANN), KEY)
    texts = {
        "register_ref": ["register_ref|E08000035|QZ77"],
        "upn": ["upn|H801200001001"],
        "nino": ["nino|AB123456C"],
        "nhs_number": ["nhs_number|9434765919"],
        "name_dob": [f"name_dob|{name}|OZZYZX|1984-05-02" for name in ("whole|ROBERT JAMES", "first|ROBERT")],
        "forename_dob_postcode": [
            f"forename_dob_postcode|{name}|1984-05-02|LS1 4AP" for name in ("whole|ROBERT JAMES", "first|ROBERT")
        ],
        **{
            f"name_postcode_{part}": [
                f"name_postcode_{part}|{name}|OZZYZX|LS1 4AP{value}"
                for name in ("whole|ROBERT JAMES", "first|ROBERT")
            ]
            for part, value in {
                "undated": "", "year_month": "|1984-05", "year_day": "|1984-02", "month_day": "|05-02",
            }.items()
        },
    }  # fmt: skip
    expected = {(purpose, keyed_digest(KEY, text)) for purpose, each in texts.items() for text in each}
    tags = {
        ("tag|date_of_birth", keyed_digest(KEY, "tag|date_of_birth|1984-05-02")[:3]),
        ("tag|postcode", keyed_digest(KEY, "tag|postcode|LS1 4AP")[:4]),
    }
    assert set(hashes.select("purpose", "hash").iter_rows()) == expected | tags
    # the remaining purpose is for an opt-out without a date of birth
    undated = hash_evidence(_evidence({"forename": "Ann", "surname": "Zzyzx", "postcode": "LS1 4AP"}), KEY)
    assert set(undated["purpose"]) == {"name_postcode", "tag|postcode"}
    assert set(texts) | {"name_postcode"} == set(PURPOSES)


def test_no_value_is_kept_and_the_file_is_private(tmp_path: Path) -> None:
    _record(tmp_path, ANN)
    (path,) = (tmp_path / "opt_outs").iterdir()
    content = path.read_text() + path.name
    values = [value for column, value in _evidence(ANN).row(0, named=True).items() if column != "row_number"]
    words = [str(value) for value in (*values, *ANN.values(), "ROBERT", "OZZYZX", "1984", date(1984, 5, 2))]
    assert [word for word in words if word.upper() in content.upper()] == []
    assert path.stat().st_mode & 0o777 == 0o600
    assert "0123456789abcdef" not in repr(Pads.of(KEY)) + repr(opt_outs_in_force(tmp_path, key=KEY))


def test_the_same_opt_out_twice_is_one_and_keeps_its_moment(tmp_path: Path) -> None:
    assert _record(tmp_path, ANN) == 1
    before = {path: path.read_bytes() for path in (tmp_path / "opt_outs").iterdir()}
    # the same person with a nickname, in another form
    again = ANN | {"forename": "robert james", "postcode": "ls14ap", "date_of_birth": "2 May 1984"}
    assert _record(tmp_path, again, at=LATE) == 1
    assert {path: path.read_bytes() for path in (tmp_path / "opt_outs").iterdir()} == before


def test_the_table_says_when_and_by_what_kinds_and_the_fingerprint_follows_the_set(tmp_path: Path) -> None:
    nobody = opt_outs_in_force(tmp_path).fingerprint
    _record(tmp_path, {"nino": "AB123456C"}, at=LATE)
    one = opt_outs_in_force(tmp_path, key=KEY)
    _record(tmp_path, ANN)
    both = opt_outs_in_force(tmp_path, key=KEY)
    assert both.table.select("opt_out_number", "known_at", "evidence", "n_hashes").rows() == [
        (1, datetime(2016, 1, 1), ", ".join(KINDS), 16),
        (2, datetime(2017, 1, 1), "nino", 1),
    ]
    assert len({nobody, one.fingerprint, both.fingerprint}) == 3
    assert opt_outs_in_force(tmp_path, datetime(2016, 6, 1)).n == 1


def test_another_key_or_a_changed_file_is_refused_and_never_applied_in_silence(tmp_path: Path) -> None:
    _record(tmp_path, ANN)
    with pytest.raises(KeysRefused, match="another opt-out key"):
        opt_outs_in_force(tmp_path, key=OTHER_KEY)
    (path,) = (tmp_path / "opt_outs").iterdir()
    path.write_text(path.read_text().replace('"nino"', '"upn"', 1))
    with pytest.raises(KeysRefused):
        opt_outs_in_force(tmp_path, key=KEY)
    path.write_text(path.read_text()[:100])
    with pytest.raises(KeysRefused, match="damaged"):
        opt_outs_in_force(tmp_path, key=KEY)


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_crash_leaves_an_opt_out_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(*((os, "fsync", die) if call == "fsync" else (Path, "replace", die)))
        with pytest.raises(KeyboardInterrupt):
            _record(tmp_path, ANN, {"nino": "AB123456C"})
    assert opt_outs_in_force(tmp_path, key=KEY).n == 0
    assert _record(tmp_path, ANN, {"nino": "AB123456C"}) == 2
    assert opt_outs_in_force(tmp_path, key=KEY).n == 2


def test_a_dead_writers_draft_is_no_opt_out(tmp_path: Path) -> None:
    _record(tmp_path, ANN)
    (tmp_path / "opt_outs" / ".0123").write_text("{")
    assert opt_outs_in_force(tmp_path, key=KEY).n == 1


def test_evidence_has_the_declared_columns() -> None:
    assert tuple(_evidence(ANN).columns) == EVIDENCE_COLUMNS
