"""What a council is told."""

import csv
import io
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from tf_assets.linkage.returns.feedback import ROW_NUMBERS_SHOWN, write_feedback
from tf_assets.linkage.returns.judging import Received, ReturnRefused, judge_return

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20), "ab" * 32)
HEADINGS = "family_ref,person_ref,forename,surname,date_of_birth,postcode,programme_group,start_date,remarks\n"
ROWS = "F{at},P{at},Quenilda,{surname},{born:%d/%m/%Y},M1 1AE,programme,13/05/2015,none\n"


@pytest.fixture(autouse=True)
def _words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is loaded for a column of remarks."""
    monkeypatch.setattr("tf_assets.linkage.returns.headings._by_meaning", lambda *arguments: [])


def _content(n_bad: int, n_good: int) -> bytes:
    born = [date(1985, 2, 13) + timedelta(days=at) for at in range(n_bad + n_good)]
    bad = "".join(ROWS.format(at=f"B{at}", surname="", born=born[at]) for at in range(n_bad))
    people = enumerate(born[n_bad:])
    good = "".join(ROWS.format(at=f"G{at}", surname="Zzyzxcanary", born=birth) for at, birth in people)
    return (HEADINGS + bad + good).encode()


def _written(folder: Path) -> tuple[str, str]:
    return (folder / "feedback.csv").read_text(), (folder / "feedback.html").read_text()


def test_a_council_reads_rows_rules_and_advice_and_no_value(tmp_path: Path) -> None:
    folder = write_feedback(tmp_path, RECEIVED, judge_return(_content(1, 3), RECEIVED))
    assert folder == tmp_path / "E06000001" / "2015-04-01"
    told, page = _written(folder)
    rows = [row for row in csv.DictReader(io.StringIO(told)) if row["row_number"] != "0"]
    assert rows == [
        {
            "row_number": "2", "field": "surname", "rule": "surname_missing", "severity": "refused",
            "sentence": "The surname is missing.",
            "advice": "Add the surname; without it the person cannot be linked.",
        }
    ]  # fmt: skip
    assert "We used 3 of the 4 rows." in page
    assert "Hartlepool: your return for April 2015 quarter" in page
    assert "We did not use the columns headed remarks." in page
    assert "The return has no column for sex." in page
    assert [text for text in ("Zzyzxcanary", "Quenilda", "PG1", "M1 1AE", "13/02/1985") if text in told + page] == []


def test_a_refused_return_is_told_why(tmp_path: Path) -> None:
    with pytest.raises(ReturnRefused) as refused:
        judge_return(_content(9, 1), RECEIVED)
    told, page = _written(write_feedback(tmp_path, RECEIVED, refused.value))
    assert "We could not use this return. 9 of 10 rows cannot be used" in page
    assert told.count("surname_missing") == 9
    assert told.splitlines()[1].startswith("0,file,too_many_refused,refused")


def test_the_page_can_be_read_aloud(tmp_path: Path) -> None:
    _, page = _written(write_feedback(tmp_path, RECEIVED, judge_return(_content(1, 3), RECEIVED)))
    assert '<html lang="en-GB">' in page
    assert page.count("<h1>") == 1
    assert page.count("<table>") == page.count("<caption>") > 0
    assert "<th>" not in page  # every heading cell says what it heads


def test_long_lists_are_cut_on_the_page_and_whole_in_the_csv(tmp_path: Path) -> None:
    n_bad = ROW_NUMBERS_SHOWN + 1
    told, page = _written(write_feedback(tmp_path, RECEIVED, judge_return(_content(n_bad, 300), RECEIVED)))
    assert f", {ROW_NUMBERS_SHOWN + 1}, ...</td>" in page
    assert told.count("surname_missing") == n_bad


def test_headings_are_text_and_never_markup(tmp_path: Path) -> None:
    content = _content(0, 2).replace(b"remarks", b"Notes & 'Queries'")
    _, page = _written(write_feedback(tmp_path, RECEIVED, judge_return(content, RECEIVED)))
    assert "Notes &amp; …" in page


def test_the_same_return_gives_the_same_bytes_and_no_other_files(tmp_path: Path) -> None:
    first = _written(write_feedback(tmp_path, RECEIVED, judge_return(_content(1, 3), RECEIVED)))
    folder = write_feedback(tmp_path, RECEIVED, judge_return(_content(1, 3), RECEIVED))
    assert _written(folder) == first
    assert sorted(each.name for each in folder.iterdir()) == ["feedback.csv", "feedback.html"]
