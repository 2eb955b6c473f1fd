"""What a council is told."""

import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import polars as pl
import pytest

from tf_assets.linkage.returns import feedback as feedback_module
from tf_assets.linkage.returns.feedback import PAGE, write_feedback
from tf_assets.linkage.returns.feedback_content import WAITING_RULES
from tf_assets.linkage.returns.feedback_page import RANGES_SHOWN
from tf_assets.linkage.returns.judging import (
    JUDGEMENT_SCHEMA,
    Facts,
    JudgedReturn,
    Received,
    ReturnRefused,
    judge_return,
)
from tf_assets.linkage.returns.rules import RULES
from tf_assets.linkage.returns.trend import EarlierReturns, earlier_returns

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20, 9, 5), "ab" * 32)
NEXT = Received("E06000001", date(2015, 7, 1), datetime(2015, 10, 20, 9, 5), "cd" * 32)
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


def _judged(n_bad: int, n_good: int, received: Received = RECEIVED) -> JudgedReturn:
    return judge_return(_content(n_bad, n_good), received)


def _page(folder: Path) -> str:
    return (folder / PAGE).read_text()


def _workbook_path(folder: Path) -> Path:
    """The spreadsheet that the page names."""
    (name,) = set(re.findall(r'href="([^"#]+)"', _page(folder)))
    return folder / name


def _sheets(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    workbook = openpyxl.load_workbook(_workbook_path(folder))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in workbook.worksheets}


def _all_text(folder: Path) -> str:
    """Everything in every file of the folder and below it, and their names."""
    texts = []
    for path in (each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        if zipfile.is_zipfile(io.BytesIO(content)):
            archive = zipfile.ZipFile(io.BytesIO(content))
            texts += [archive.read(name).decode() + name for name in archive.namelist()]
        else:
            texts.append(content.decode())
        texts.append(path.name)
    return "\n".join(texts).casefold()


def _earlier(*returns: JudgedReturn) -> EarlierReturns:
    register, judgements = (pl.concat([getattr(each, name) for each in returns]) for name in ("accepted", "judgements"))
    return earlier_returns(register, judgements, NEXT.quarter_date)


def _refusal(rule: str, sentence: str = "It is so.", advice: str = "Do it.") -> ReturnRefused:
    row = (RECEIVED.council_code, RECEIVED.quarter_date, 0, "file", rule, "refused", sentence, advice, RECEIVED.sha256)
    return ReturnRefused(sentence, RECEIVED, pl.DataFrame([row], schema=JUDGEMENT_SCHEMA, orient="row"))


def _changes(received: Received) -> pl.DataFrame:
    row = (received.council_code, received.quarter_date, 2, "sex", "sex_changed", "warning")
    told = pl.DataFrame(
        [(*row, "The sex is not that of the last return.", "Correct it.", received.sha256)],
        schema=JUDGEMENT_SCHEMA,
        orient="row",
    )
    return told.with_columns(previous_quarter_date=pl.lit(date(2015, 4, 1)))


def test_a_council_reads_what_happened_what_to_do_and_which_rows(tmp_path: Path) -> None:
    folder = write_feedback(tmp_path, RECEIVED, _judged(1, 3))
    assert folder == tmp_path / "E06000001" / "2015-04-01"
    page = _page(folder)
    assert "Hartlepool: your return for April to June 2015" in page
    assert "We accepted your return for April to June 2015 and used 3 of its 4 rows." in page
    assert "Mend the 1 row that we did not use and send the whole return for this quarter again." in page
    assert "The return has no column for sex." in page
    assert "We did not use column 9 (“remarks”)." in page
    assert "4 dates can only be read in this order." in page
    listed = [row for row in _sheets(folder)["Every row"][4:] if row[0] != "whole file"]
    assert listed == [
        (
            2, "Row not used", "surname", "The surname is missing.",
            "Add the surname; without it the person cannot be linked.", "this return alone", "surname_missing",
        )
    ]  # fmt: skip


def test_a_refused_return_is_told_why(tmp_path: Path) -> None:
    with pytest.raises(ReturnRefused) as refused:
        judge_return(_content(9, 1), RECEIVED)
    folder = write_feedback(tmp_path, RECEIVED, refused.value)
    assert "We could not use this return. 9 of 10 rows cannot be used" in _page(folder)
    assert "Rows that could not be used" in _page(folder)
    assert "2 to 10" in _page(folder)
    rules = [row[6] for row in _sheets(folder)["Every row"][4:]]
    assert rules.count("surname_missing") == 9
    assert rules[0] == "too_many_refused"


@pytest.mark.parametrize(
    ("judged", "verdict"),
    [
        *((_refusal(rule), "waiting") for rule in WAITING_RULES),
        (_refusal("file_unreadable"), "refused"),
        (None, "withdrawn"),
    ],
)
def test_a_return_that_waits_or_was_withdrawn_is_not_called_refused(
    tmp_path: Path, judged: ReturnRefused | None, verdict: str
) -> None:
    page = _page(write_feedback(tmp_path, RECEIVED, judged))
    words = {
        "waiting": "Your return is waiting until its headings and words are confirmed. It is so.",
        "withdrawn": "Your return for April to June 2015 was withdrawn and we do not use it. "
        "The council took back what it had sent for this quarter.",
        "refused": "We could not use this return. It is so.",
    }
    assert [key for key, text in words.items() if text in page] == [verdict]
    assert f"outcome--{verdict}" in page
    assert ("You do not need to send the return again" in page) == (verdict == "waiting")
    assert ("Send the return when it is right." in page) == (verdict == "withdrawn")


def test_a_council_is_told_by_when_and_which_of_its_files_stands(tmp_path: Path) -> None:
    before = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 3), "ef" * 32)
    standing = _judged(0, 3, before)
    folder = write_feedback(tmp_path, RECEIVED, _refusal("x"), standing=standing, answer_by=date(2015, 8, 7))
    assert "Your earlier file for this quarter, received on 3 July 2015, is used until then." in _page(folder)
    assert "Please do this by 7 August 2015." in _page(folder)


def test_every_rule_is_told_with_its_advice_and_source(tmp_path: Path) -> None:
    rows = [
        ("E06000001", date(2015, 4, 1), at, rule.field, rule.id, rule.severity, rule.sentence, rule.advice, "ab" * 32)
        for at, rule in enumerate(RULES, start=2)
    ]
    judgements = pl.DataFrame(rows, schema=JUDGEMENT_SCHEMA, orient="row")
    accepted = _judged(0, 3).accepted
    facts = Facts(n_rows=3, n_accepted=3, n_refused=0, n_warned=0, n_repaired=0, n_blank=0, n_left_out=0, kind="csv",
                  detail="", heading_row=1, n_other_order=0)  # fmt: skip
    folder = write_feedback(tmp_path, RECEIVED, JudgedReturn(accepted, judgements, facts, (), ()))
    text = " ".join(_Words.of(_page(folder)).everything)
    by_rule = {row[9]: row for row in _sheets(folder)["By rule"][4:]}
    for at, rule in enumerate(RULES, start=2):
        assert f"{rule.sentence} {rule.advice}" in text, rule.id
        assert by_rule[rule.id][2:7] == (rule.sentence, rule.advice, 1, "not counted", str(at))
        assert by_rule[rule.id][8] == (rule.source if rule.source != "ours" else "this evaluation's own rule")
    assert len(by_rule) == len(RULES)


CANARIES = {
    "family_ref": "FZ77123", "person_ref": "PZ88456", "forename": "Quenilda", "surname": "Zzyzxcanary",
    "date_of_birth": "13/02/1985", "sex": "Sqworl", "postcode": "M1 1AE", "address": "9 Wolvenhoek Rise",
    "upn": "A820200019001", "nino": "QQ123456C", "role": "Gribblet", "school_name": "Thistlewick Academy",
    "programme_group": "programme", "assessment_date": "17/04/2015", "start_date": "23/05/2015",
    "end_date": "19/06/2015", "end_reason": "Vanishedly", "is_problem_crime": "Quuxly",
}  # fmt: skip
NAMES_AS_HEADINGS = ("Quenilda Zzyzxcanary", "Thelonia", "Case of Bartholomea O'Canary")


def _canary_file(n_bad: int, n_good: int, missing: str | None = None) -> bytes:
    fields = [name for name in CANARIES if name != missing]
    lines = [",".join([*fields, *NAMES_AS_HEADINGS])]
    for at in range(n_bad + n_good):
        row = CANARIES | {"person_ref": f"PZ88456{at}"}
        if at < n_bad:
            row |= {"programme_group": "Zorblaxed", "start_date": "Umpteenth", "date_of_birth": "Yesteryear"}
        lines.append(",".join([*(row[name] for name in fields), "Xylocanary", "Perpetuana", "Oddfellowia"]))
    return "\n".join(lines).encode() + b"\n"


def _words_of(content: bytes) -> set[str]:
    """Every cell as sent, its words that are no ordinary ones, and dates and numbers as we write them."""
    cells = {cell for line in content.decode().splitlines()[1:] for cell in line.split(",")} | set(NAMES_AS_HEADINGS)
    words = {word for cell in cells for word in cell.split() if len(word) > 3} - {
        "Academy",
        "Case",
        "of",
        "9",
        "Rise",
        "programme",
        "M1",
    }
    made = {"1985-02-13", "2015-04-17", "2015-05-23", "2015-06-19", "M11AE", "13 February 1985", "23 May 2015"}
    return {each.casefold() for each in cells | words | made if each and each != "programme"}


@pytest.mark.parametrize("shape", ["used", "too many refused", "no start date", "no names"])
def test_no_value_and_no_name_above_a_column_stands_in_any_file(tmp_path: Path, shape: str) -> None:
    content = {
        "used": _canary_file(2, 30),
        "too many refused": _canary_file(20, 10),
        "no start date": _canary_file(0, 9, missing="start_date"),
        "no names": _canary_file(0, 9, missing="surname"),
    }[shape]
    try:
        judged: JudgedReturn | ReturnRefused = judge_return(content, NEXT)
    except ReturnRefused as refusal:
        judged = refusal
    assert isinstance(judged, JudgedReturn) == (shape == "used")
    earlier = _earlier(_judged(1, 3))
    text = _all_text(write_feedback(tmp_path, NEXT, judged, earlier, _changes(NEXT)).parent)
    assert "hartlepool" in text
    assert sorted(word for word in _words_of(content) if word in text) == []


def test_the_trend_names_each_number_its_change_and_what_was_mended(tmp_path: Path) -> None:
    judged = _judged(0, 5, NEXT)
    folder = write_feedback(tmp_path, NEXT, judged, _earlier(_judged(2, 9)))
    summary = {row[0]: row[1:4] for row in _sheets(folder)["Summary"][4:]}
    assert summary["Rows received"] == (5, 11, "6 fewer")
    assert summary["Rows used"] == (5, 9, "4 fewer")
    assert summary["Rows not used"] == (0, 2, "2 fewer")
    assert summary["Rows used with something left out"] == (0, 0, "no change")
    assert summary["People in both returns"] == (5, "not counted", "not counted")
    assert summary["People gone"] == (4, "not counted", "not counted")
    assert summary["Families in both returns"] == (5, "not counted", "not counted")
    page = _page(folder)
    assert "The surname is missing. It was 2 rows then and is none now." in page
    assert "Rows not used by quarter: April to June 2015 2, July to September 2015 0." in page


def test_changes_since_earlier_returns_are_told_of_this_file_alone(tmp_path: Path) -> None:
    judged, sentence = _judged(0, 3, NEXT), "The sex is not that of the last return."
    told = write_feedback(tmp_path / "a", NEXT, judged, None, _changes(NEXT))
    assert sentence in _page(told)
    assert ("Row used, something left out", "April to June 2015") in [(r[1], r[5]) for r in _sheets(told)["Every row"]]
    beside_others = _changes(NEXT).with_columns(previous_quarter_date=pl.lit(None, pl.Date)).drop("source_sha256")
    assert "other returns of this quarter" in _page(write_feedback(tmp_path / "c", NEXT, judged, None, beside_others))
    other = Received(NEXT.council_code, NEXT.quarter_date, NEXT.received_at, "99" * 32)
    assert sentence not in _page(write_feedback(tmp_path / "b", NEXT, judged, None, _changes(other)))


class _Words(HTMLParser):
    """What a page says, by element."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, list[str]]] = []
        self.said: list[tuple[str, str]] = []
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.everything: list[str] = []

    @classmethod
    def of(cls, page: str) -> "_Words":
        parser = cls()
        parser.feed(page)
        return parser

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        if tag not in ("meta", "rect", "line"):
            self.open.append((tag, []))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("meta", "rect", "line"):
            return
        name, texts = self.open.pop()
        assert name == tag  # elements are nested rightly
        text = " ".join("".join(texts).split())
        self.said.append((tag, text))
        if self.open:
            self.open[-1][1].append(text + " ")

    def handle_data(self, data: str) -> None:
        if self.open:
            self.open[-1][1].append(data)
        self.everything += data.split()


@pytest.fixture(params=["used", "first", "clean", "refused", "whole", "withdrawn"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "refused":
        with pytest.raises(ReturnRefused) as refused:
            judge_return(_content(9, 1), RECEIVED)
        return _page(write_feedback(tmp_path, RECEIVED, refused.value))
    if request.param == "whole":
        return _page(write_feedback(tmp_path, RECEIVED, _refusal("file_unreadable")))
    if request.param == "withdrawn":
        return _page(write_feedback(tmp_path, RECEIVED, None))
    if request.param == "first":
        return _page(write_feedback(tmp_path, RECEIVED, _judged(1, 9)))
    if request.param == "clean":
        return _page(write_feedback(tmp_path, RECEIVED, _without_judgements(_judged(0, 9))))
    return _page(write_feedback(tmp_path, NEXT, _judged(1, 9, NEXT), _earlier(_judged(2, 9)), _changes(NEXT)))


def _without_judgements(judged: JudgedReturn) -> JudgedReturn:
    return JudgedReturn(judged.accepted, judged.judgements.clear(), judged.facts, judged.headings, (), {})


def test_every_sentence_ends_with_a_full_stop(page: str) -> None:
    said = _Words.of(page).said
    sentences = [text for tag, text in said if tag == "p" and text] + [
        text for tag, text in said if tag == "li" and "It was" in text
    ]
    titles = {"Accepted", "Not accepted", "Withdrawn", "Feedback on your return"}
    assert [text for text in sentences if not text.endswith(".") and text not in titles] == []
    assert [rule.id for rule in RULES if not (rule.sentence.endswith(".") and rule.advice.endswith("."))] == []


def test_the_page_can_be_read_aloud(page: str) -> None:
    words = _Words.of(page)
    assert words.starts[0] == ("html", {"lang": "en-GB"})
    levels = [int(tag[1]) for tag, _ in words.starts if re.fullmatch(r"h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip([0, *levels], levels, strict=False))
    tags = [tag for tag, _ in words.starts]
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in words.starts if tag == "th")
    assert all(attributes.get("aria-label") for tag, attributes in words.starts if tag == "svg")
    assert all("aria-label" in each and "role" in each for _, each in words.starts if each.get("tabindex") == "0")
    ids = [attributes["id"] for _, attributes in words.starts if "id" in attributes]
    targets = {str(each["href"])[1:] for tag, each in words.starts if tag == "a" and str(each["href"]).startswith("#")}
    assert len(ids) == len(set(ids))
    assert targets <= set(ids)
    assert "main" in targets  # the skip link


def test_the_page_needs_no_network_and_no_script(page: str) -> None:
    words = _Words.of(page)
    assert not {"script", "link", "img", "iframe", "form"} & {tag for tag, _ in words.starts}
    assert "://" not in page
    assert "@import" not in page
    assert "url(" not in page
    assert [each for _, attributes in words.starts for each in attributes if each.startswith("on")] == []


def test_long_lists_are_cut_on_the_page_and_whole_in_the_spreadsheet(tmp_path: Path) -> None:
    n_bad = RANGES_SHOWN + 1
    apart = HEADINGS + "".join(
        ROWS.format(at=f"B{at}", surname="", born=date(1980, 1, 1))
        + ROWS.format(at=f"G{at}", surname="Zzyzxcanary", born=date(1985, 1, 1) + timedelta(days=at))
        for at in range(n_bad)
    )
    later = [date(1995, 1, 1) + timedelta(days=at) for at in range(4 * n_bad)]
    more = "".join(ROWS.format(at=f"M{at}", surname="Zzyzxcanary", born=born) for at, born in enumerate(later))
    folder = write_feedback(tmp_path, RECEIVED, judge_return((apart + more).encode(), RECEIVED))
    assert f", {2 * RANGES_SHOWN} and 1 more, listed in the spreadsheet</td>" in _page(folder)
    sheets = _sheets(folder)
    assert [row[6] for row in sheets["Every row"]].count("surname_missing") == n_bad
    assert str(sheets["By rule"][4][6]).endswith(f", {2 * n_bad}")


def test_headings_are_text_and_never_markup(tmp_path: Path) -> None:
    content = _content(0, 2).replace(b"remarks", b"Notes & 'Queries'")
    assert "Notes &amp; …" in _page(write_feedback(tmp_path, RECEIVED, judge_return(content, RECEIVED)))


def _state(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {each.name: (each.read_bytes(), each.stat().st_ino, each.stat().st_mtime_ns) for each in folder.iterdir()}


def test_the_same_return_again_touches_no_file(tmp_path: Path) -> None:
    before = _state(write_feedback(tmp_path / "a", RECEIVED, _judged(1, 3)))
    assert _state(write_feedback(tmp_path / "a", RECEIVED, _judged(1, 3))) == before
    elsewhere = _state(write_feedback(tmp_path / "b", RECEIVED, _judged(1, 3)))
    assert {name: content for name, (content, *_) in elsewhere.items()} == {
        name: content for name, (content, *_) in before.items()
    }


def test_a_page_always_stands_beside_its_own_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_feedback(tmp_path, RECEIVED, _judged(1, 3))
    (folder / "feedback.csv").write_text("of an earlier version")
    before = _state(folder)

    def stop(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(feedback_module, "render_page", stop)
        with pytest.raises(KeyboardInterrupt):
            write_feedback(tmp_path, RECEIVED, _judged(2, 9))
    assert _state(folder).items() >= before.items()
    assert _workbook_path(folder).name in before

    write_feedback(tmp_path, RECEIVED, _judged(2, 9))
    assert {each.name for each in folder.iterdir()} == {PAGE, _workbook_path(folder).name}
    assert _workbook_path(folder).name not in before


def test_two_writers_end_with_one_pair(tmp_path: Path) -> None:
    judged = [_judged(1, 9), _judged(2, 9)]
    with ThreadPoolExecutor(4) as pool:
        folders = list(pool.map(lambda at: write_feedback(tmp_path, RECEIVED, judged[at % 2]), range(16)))
    (folder,) = set(folders)
    assert {each.name for each in folder.iterdir()} == {PAGE, _workbook_path(folder).name}


def test_a_register_without_rows_in_common_is_said(tmp_path: Path) -> None:
    renamed = _content(0, 5).replace(b"PG", b"PX")
    page = _page(write_feedback(tmp_path, NEXT, judge_return(renamed, NEXT), _earlier(_judged(0, 5))))
    assert "More than half of the people were not in your last return." in page
