"""Matchkeys as keyed hashes: they link as matchkeys do, give nothing away, and know how good they are."""

import base64
import gzip
import hashlib
import hmac
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from tf_assets.linkage.spine.hashed_keys import are_hashes, key_check_value, metadata_of, write_hashes
from tf_assets.linkage.spine.hashed_links import link_hashed
from tf_assets.linkage.spine.settings import LINK_SCHEMA
from tf_assets.warehouse.errors import InputRefused

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
N_PEOPLE, N_STRANGERS = 3_000, 12_000
LETTERS = np.array(list("ABCDEFGHIKLMNOPRSTUW"))


def people(rng: np.random.Generator, n: int, prefix: str) -> pl.DataFrame:
    """Names of a small stock, so that strangers now and then share one."""

    def words(n_words: int) -> np.ndarray:
        stock = np.random.default_rng(n_words)
        return np.array(["".join(stock.choice(LETTERS, 6)) for _ in range(n_words)])[rng.integers(0, n_words, n)]

    return pl.DataFrame(
        {
            "record_id": [f"{prefix}{number}" for number in range(n)],
            "forename": words(60),
            "surname": words(200),
            "date_of_birth": (np.datetime64("1990-01-01") + rng.integers(0, 5_000, n)).astype(str),
            "sex": rng.choice(["F", "M"], n),
            "postcode": [f"{chr(65 + a)}{b} {c}AB" for a, b, c in rng.integers((0, 1, 0), (26, 10, 10), (n, 3))],
            "nino": [f"AB{number:06}C" if number % 3 else None for number in rng.integers(0, 999_999, n)],
        }
    )


@pytest.fixture(scope="module")
def sides() -> tuple[pl.DataFrame, pl.DataFrame]:
    """3,000 people; on the right all of them with errors in a field, among 12,000 strangers."""
    rng = np.random.default_rng(5)
    left = people(rng, N_PEOPLE, "L")

    def spoilt(column: str, share: float) -> pl.Expr:
        others = left[column].gather(rng.integers(0, N_PEOPLE, N_PEOPLE))
        return pl.when(pl.Series(rng.random(N_PEOPLE) < share)).then(others).otherwise(column).alias(column)

    known = left.with_columns(
        pl.col("record_id").str.replace("L", "R"),
        spoilt("surname", 0.1),
        spoilt("postcode", 0.3),
        spoilt("date_of_birth", 0.05),
        nino=pl.lit(None, pl.String),
    )
    return left, pl.concat([known, people(rng, N_STRANGERS, "S")])


def is_true(links: pl.DataFrame) -> pl.Series:
    return links["left_record_id"].str.slice(1) == links["right_record_id"].str.slice(1)


def test_keys_find_people_and_know_how_often_they_err(sides: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    left, right = sides
    write_hashes(right, KEY, tmp_path / "h.parquet")
    linkage = link_hashed(left, tmp_path / "h.parquet", KEY)
    true = is_true(linkage.links)
    assert linkage.links.schema == pl.Schema(LINK_SCHEMA)
    assert (linkage.n_left, linkage.n_right) == (N_PEOPLE, N_PEOPLE + N_STRANGERS)
    assert true.sum() / N_PEOPLE > 0.9
    assert true.mean() == pytest.approx(linkage.links["probability"].mean(), abs=0.004)
    for side in ("left_record_id", "right_record_id"):
        assert linkage.links[side].n_unique() == linkage.links.height


def test_a_key_by_which_strangers_are_found_links_nobody(tmp_path: Path) -> None:
    """Everybody lives in one of three places, so a name and a place find somebody else for a good part."""
    rng = np.random.default_rng(8)
    crowd = people(rng, 4_000, "L").with_columns(
        postcode=pl.Series(rng.choice(["LS1 1AA", "LS1 1AB", "LS1 1AC"], 4_000)), nino=pl.lit(None, pl.String)
    )
    left, known, strangers = crowd.head(2_000), crowd.head(1_000), crowd.tail(2_000)
    right = pl.concat([known.with_columns(pl.col("record_id").str.replace("L", "R")), strangers])
    write_hashes(right, KEY, tmp_path / "h.parquet")
    linkage = link_hashed(left, tmp_path / "h.parquet", KEY)
    of_key = linkage.keys.filter(stage="name_postcode").row(0, named=True)
    assert not of_key["is_used"]
    assert of_key["estimated_precision"] < 0.99
    assert "name_postcode" not in linkage.links["stage"].to_list()


def test_numbers_that_contradict_part_two_who_agree_otherwise(tmp_path: Path) -> None:
    rng = np.random.default_rng(9)
    left = people(rng, 300, "L").with_columns(nino=pl.format("AB{}C", pl.int_range(100_000, 100_300)))
    right = left.with_columns(pl.col("record_id").str.replace("L", "R"))
    other = right.with_columns(nino=pl.when(pl.col("record_id") == "R7").then(pl.lit("ZZ999999A")).otherwise("nino"))
    write_hashes(other, KEY, tmp_path / "h.parquet")
    links = link_hashed(left, tmp_path / "h.parquet", KEY).links
    assert links.height == 299
    assert "L7" not in links["left_record_id"].to_list()


def test_a_hash_is_the_hmac_of_the_parts(tmp_path: Path) -> None:
    person = pl.DataFrame(
        {
            "record_id": ["R1"],
            "forename": ["ZOLA"],
            "surname": ["BERG"],
            "date_of_birth": ["1985-01-01"],
            "postcode": ["LS8 1AA"],
        }
    )
    write_hashes(person, KEY, tmp_path / "h.parquet")
    message = "\x1f".join(["name_dob_postcode", "ZOLA", "BERG", "1985-01-01", "LS8 1AA"]).encode()
    found = pl.read_parquet(tmp_path / "h.parquet").filter(matchkey="name_dob_postcode")["hash"].to_list()
    assert found == [hmac.new(KEY, message, hashlib.sha256).digest()[:16]]


def test_the_same_people_and_key_give_the_same_bytes(sides: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_hashes(sides[1], KEY, tmp_path / f"{name}.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]


def test_no_identifier_is_in_the_file(tmp_path: Path) -> None:
    values = {"forename": "XANTHIPPE", "surname": "QUILLFEATHER", "postcode": "ZE1 0QX", "nino": "QQ123456C"}
    person = pl.DataFrame({"record_id": ["R1"], "date_of_birth": ["1971-03-09"], **{k: [v] for k, v in values.items()}})
    write_hashes(person, KEY, tmp_path / "h.parquet")
    with duckdb.connect() as connection:  # once more without compression
        connection.execute(
            f"COPY (FROM '{tmp_path / 'h.parquet'}') TO '{tmp_path / 'plain.parquet'}' (COMPRESSION uncompressed)"
        )
    content = (tmp_path / "h.parquet").read_bytes() + (tmp_path / "plain.parquet").read_bytes()
    for value in (*values.values(), "1971-03-09", "19710309", KEY.hex()):
        for form in (value, value.lower(), value[::-1]):
            raw = form.encode()
            for hidden in (
                raw,
                raw.hex().encode(),
                base64.b64encode(raw),
                form.encode("utf-16-le"),
                gzip.compress(raw),
            ):
                assert hidden not in content
    assert KEY not in content


def test_a_value_that_two_records_share_is_left_out(tmp_path: Path) -> None:
    twice = pl.DataFrame(
        {
            "record_id": ["R1", "R2"],
            "forename": ["ZOLA"] * 2,
            "surname": ["BERG"] * 2,
            "date_of_birth": ["1985-01-01"] * 2,
        }
    )
    write_hashes(twice, KEY, tmp_path / "h.parquet")
    assert pl.read_parquet(tmp_path / "h.parquet").is_empty()


def test_another_key_is_refused(sides: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    write_hashes(sides[1], KEY, tmp_path / "h.parquet")
    with pytest.raises(InputRefused, match="made with another key"):
        link_hashed(sides[0], tmp_path / "h.parquet", OTHER_KEY)


def test_another_version_is_refused(
    sides: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as other:
        other.setattr("tf_assets.linkage.spine.hashed_keys.VERSION", "000000000000")
        write_hashes(sides[1], KEY, tmp_path / "h.parquet")
    with pytest.raises(InputRefused, match="another version"):
        link_hashed(sides[0], tmp_path / "h.parquet", KEY)


@pytest.mark.parametrize("number", ["QQ123456C", "A12345678901B", "943 476 5919", "6434765919"])
def test_ids_that_are_numbers_of_people_do_not_go_out(tmp_path: Path, number: str) -> None:
    person = pl.DataFrame(
        {"record_id": [number], "forename": ["ZOLA"], "surname": ["BERG"], "date_of_birth": ["1985-01-01"]}
    )
    with pytest.raises(InputRefused, match="would go out as it is") as refused:
        write_hashes(person, KEY, tmp_path / "h.parquet")
    assert number not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_tells_what_it_is(sides: tuple[pl.DataFrame, pl.DataFrame], tmp_path: Path) -> None:
    left, right = sides
    write_hashes(right, KEY, tmp_path / "h.parquet")
    left.write_parquet(tmp_path / "people.parquet")
    assert are_hashes(tmp_path / "h.parquet")
    assert not are_hashes(tmp_path / "people.parquet")
    assert metadata_of(tmp_path / "h.parquet")["key_check"] == key_check_value(KEY) != key_check_value(OTHER_KEY)
