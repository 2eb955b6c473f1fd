"""One form for identifiers, whoever sent them.

Each function takes a polars expression of text and returns one: null where there is nothing usable. Names become upper
case A-Z with space, hyphen and apostrophe; numbers lose their spaces and are null when their own check fails, so that a
wrong number can never link two people. Sources: docs/reference/return-rules.md.
"""

from functools import cache, reduce
from operator import add

import polars as pl

UPN_CHECK_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""Check letters of a unique pupil number by remainder, without I, O and S (DfE common basic data set)."""

UPN_MODULUS = 23
NHS_MODULUS = 11
_BLOCK = 3

_SPECIAL = {
    "ß": "SS", "ẞ": "SS", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE", "Ø": "O", "ø": "O", "Ł": "L", "ł": "L",
    "Đ": "D", "đ": "D", "Ð": "D", "ð": "D", "Þ": "TH", "þ": "TH", "ı": "I", "‘": "'", "’": "'", "`": "'", "´": "'",
    "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-",
}  # fmt: skip
_MOJIBAKE = {
    letter.encode().decode("cp1252"): letter
    for letter in "áâãäåæçèéêëìíîïñòóôõöøùúûüýÉÈÖÜÓÇÄ’"
    if all(byte not in (0x81, 0x8D, 0x8F, 0x90, 0x9D) for byte in letter.encode())
}
"""UTF-8 read as Windows-1252 on its way to us: `Ã©` for `é`."""

TITLES = "MR|MRS|MISS|MS|MX|MASTER|DR|PROF|PROFESSOR|REV|REVD|SIR|LADY|LORD|DAME"
_TITLE = rf"^(?:{TITLES})\.?\s+(?:AND\s+(?:{TITLES})\.?\s+)?"
OUTWARD = r"[A-PR-UWYZ](?:[0-9]{1,2}|[A-HK-Y][0-9]{1,2}|[0-9][A-HJKPSTUW]|[A-HK-Y][0-9][ABEHMNPRVWXY])"
_POSTCODE = rf"^(GIR0AA|{OUTWARD}[0-9][ABD-HJLNP-UW-Z]{{2}})$"
_NO_FIXED_ABODE = r"^ZZ99"
UPN_FORM = rf"^([{UPN_CHECK_LETTERS}][0-9]{{11}}[0-9{UPN_CHECK_LETTERS}])$"
NINO_FORM = r"^([ABCEGHJ-PRSTW-Z][ABCEGHJ-NPRSTW-Z][0-9]{6}[A-D])$"
_UNUSED_NINO = r"^(?:BG|GB|KN|NK|NT|TN|ZZ).*$"


def text(value: pl.Expr) -> pl.Expr:
    """Surrounding space gone, inner space single, blank null."""
    return _filled(value.str.replace_all(r"[\s\u00a0\u200b\ufeff]+", " ").str.strip_chars(" "))


def _filled(value: pl.Expr) -> pl.Expr:
    """Null instead of empty; `when(value != "").then(value)` would compute the value twice."""
    return value.replace("", None)


def _upper_ascii(value: pl.Expr) -> pl.Expr:
    """Upper case without accents."""
    mended = value.str.replace_many(_MOJIBAKE)
    folded = mended.str.replace_many(_SPECIAL).str.normalize("NFKD").str.replace_all(r"\p{M}", "")
    return folded.str.to_uppercase()


def has_title(value: pl.Expr) -> pl.Expr:
    """Is there a form of address or a bracketed remark in the name?"""
    upper = text(value).str.to_uppercase()
    return (upper.str.contains(rf"(?:^|,)\s*(?:{TITLES})\.?\s+\S") | upper.str.contains(r"\(.*\)")).fill_null(False)


def name(value: pl.Expr) -> pl.Expr:
    """A forename or surname: `Mr Zoë O’Neil-Brown (known as Zo)` -> `ZOE O'NEIL-BROWN`."""
    upper = _upper_ascii(text(value)).str.replace_all(r"\(.*?\)", " ")
    return _plain_name(upper.str.strip_chars(" ").str.replace(_TITLE, ""))


def _plain_name(upper: pl.Expr) -> pl.Expr:
    kept = upper.str.replace_all(r"[^A-Z '\-]+", " ").str.replace_all(r"\s*-[\s\-]*", "-").str.replace_all(r"\s+", " ")
    return _filled(kept.str.strip_chars(" -'"))


_PARTICLES = r"(?:VAN DER|VAN DEN|VAN DE|VAN|VON|DE LA|DE|DEL|DI|DA|DOS|LE|LA|ST|ABU|BIN|BINT|AL|EL)"


def forename_of(full_name: pl.Expr) -> pl.Expr:
    """The forenames in a full name: before the surname, or after a comma."""
    return name(_halves(full_name).struct.field("forename"))


def surname_of(full_name: pl.Expr) -> pl.Expr:
    """The surname in a full name: the last word with its particle (`VAN DER BERG`), or what stands before a comma."""
    return name(_halves(full_name).struct.field("surname"))


def _halves(full_name: pl.Expr) -> pl.Expr:
    upper = _upper_ascii(text(full_name)).str.replace_all(r"\(.*?\)", " ").str.strip_chars(" ")
    plain = upper.str.replace(_TITLE, "").str.replace_all(r"\s+", " ")
    by_comma = plain.str.extract_groups(r"^(?P<surname>[^,]+),\s*(?P<forename>.+)$")
    by_space = plain.str.extract_groups(rf"^(?P<forename>.*?)\s(?P<surname>(?:{_PARTICLES}\s)?\S+)$")
    has_comma = plain.str.contains(",")
    return pl.struct(
        forename=pl.when(has_comma)
        .then(by_comma.struct.field("forename"))
        .otherwise(by_space.struct.field("forename")),
        surname=pl.when(has_comma)
        .then(by_comma.struct.field("surname"))
        .otherwise(pl.coalesce(by_space.struct.field("surname"), plain)),
    )


def compact(value: pl.Expr) -> pl.Expr:
    """Upper case letters and digits alone; blank null."""
    return _filled(value.str.to_uppercase().str.replace_all(r"[^A-Z0-9]+", ""))


def reference(value: pl.Expr) -> pl.Expr:
    """A council's own reference: upper case, no inner space; `0001042` and `1042.0` -> `1042`.

    A spreadsheet takes the zeros from a number, so the same person would have two references in two of its returns.
    """
    bare = text(value).str.to_uppercase().str.replace_all(" ", "").str.replace(r"^(\d+)\.0+$", "${1}")
    return _filled(bare.str.replace(r"^0+(\d+)$", "${1}"))


def postcode(value: pl.Expr) -> pl.Expr:
    """`sw1a1aa` -> `SW1A 1AA`; O and I where a digit must stand are read as 0 and 1; null if not a postcode.

    ZZ99 codes (no fixed abode, overseas) are null: they are shared by thousands who have nothing in common.
    """
    mended = compact(value).str.replace(r"O(..)$", "0${1}").str.replace(r"[IL](..)$", "1${1}")
    lasting = mended.str.replace(_NO_FIXED_ABODE + ".*", "")
    return lasting.str.extract(_POSTCODE).str.replace(r"(...)$", " ${1}")


def is_no_fixed_abode(value: pl.Expr) -> pl.Expr:
    """A ZZ99 pseudo postcode."""
    return compact(value).str.contains(_NO_FIXED_ABODE).fill_null(False)


def address(value: pl.Expr) -> pl.Expr:
    """Upper case letters, digits and single spaces."""
    bare = _upper_ascii(text(value)).str.replace_all(r"['.]", "").str.replace_all(r"[^A-Z0-9\-/]+", " ")
    return text(bare.str.replace("^[^A-Z0-9]+$", ""))


def upn(value: pl.Expr) -> pl.Expr:
    """A unique pupil number whose check letter is right, permanent (13 characters) or temporary (ends in a letter)."""
    return upn_of_right_letter(compact(value).str.extract(UPN_FORM))


def upn_of_right_letter(shaped: pl.Expr) -> pl.Expr:
    """Of texts in UPN_FORM those whose check letter is right; else null."""
    last = {each: at for at, each in enumerate(UPN_CHECK_LETTERS)} | {str(digit): digit for digit in range(10)}
    last_number = shaped.str.slice(12, 1).replace_strict(last, default=None, return_dtype=pl.Int64)
    total = _weighted(shaped.str.slice(1, 11), range(2, 13)) + last_number * 13
    expected = pl.lit(pl.Series(list(UPN_CHECK_LETTERS))).gather(total % UPN_MODULUS)
    return pl.when(shaped.str.head(1) == expected).then(shaped)


def _weighted(digits: pl.Expr, weights: range) -> pl.Expr:
    """The sum of each digit times its weight; each block of three digits is looked up, for arithmetic costs more."""
    blocks = [(at, weights[at : at + _BLOCK]) for at in range(0, len(weights), _BLOCK)]
    sums = (
        pl.lit(_block_sums(tuple(each))).gather(digits.str.slice(at, len(each)).cast(pl.UInt32, strict=False))
        for at, each in blocks
    )
    return reduce(add, sums)


@cache
def _block_sums(weights: tuple[int, ...]) -> pl.Series:
    """By number, the sum of its digits times their weights."""
    n = len(weights)
    return pl.Series([sum(int(d) * w for d, w in zip(f"{at:0{n}}", weights, strict=True)) for at in range(10**n)])


def nino(value: pl.Expr) -> pl.Expr:
    """A national insurance number whose prefix and suffix HMRC issues."""
    return nino_in_use(compact(value).str.extract(NINO_FORM))


def nino_in_use(shaped: pl.Expr) -> pl.Expr:
    """Of texts in NINO_FORM those whose prefix HMRC gives to people; else null."""
    return _filled(shaped.str.replace(_UNUSED_NINO, ""))


def nhs_number(value: pl.Expr) -> pl.Expr:
    """An NHS number whose tenth digit checks (modulus 11)."""
    bare = compact(value)
    shaped = bare.str.extract(r"^([0-9]{10})$")
    total = _weighted(shaped.str.slice(0, 9), range(10, 1, -1))
    check = (NHS_MODULUS - total % NHS_MODULUS) % NHS_MODULUS
    return pl.when(check == shaped.str.slice(9, 1).cast(pl.Int64)).then(shaped)


_SEXES = {
    **dict.fromkeys(["F", "FEMALE", "GIRL", "WOMAN", "W", "2"], "F"),
    **dict.fromkeys(["M", "MALE", "BOY", "MAN", "1"], "M"),
}
"""Codes 1 and 2 as in ISO/IEC 5218 and the NHS data dictionary."""

_YES = ["Y", "YES", "1", "TRUE", "T", "X", "✓", "✔", "TICK", "1.0"]
_NO = ["N", "NO", "0", "FALSE", "F", "-", "NONE", "0.0"]


def sex(value: pl.Expr) -> pl.Expr:
    """F, M, or null."""
    return compact(value).replace_strict(_SEXES, default=None, return_dtype=pl.String)


def flag(value: pl.Expr) -> pl.Expr:
    """Yes or no however written, or null."""
    known = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
    return text(value).str.to_uppercase().replace_strict(known, default=None, return_dtype=pl.Boolean)
