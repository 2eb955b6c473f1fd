"""What a person confirmed of a council's headings and words: `mappings/<council>.yml`, read strictly.

The file is written by a proposal (`proposals.py`) and edited by people who know no code, so each fault is a sentence
with the line it stands on, and nothing of a file with a fault is used.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType

import yaml

from tf_assets.linkage.returns.heading_names import exact_words, masked_heading
from tf_assets.linkage.returns.vocabulary import (
    END_REASON_WORDS,
    FIELD_NAMES,
    GROUP_WORDS,
    ROLE_WORDS,
    plain_words,
)
from tf_assets.warehouse.errors import InputRefused

MOST_BYTES = 200_000
"""A mapping of a thousand headings is smaller (ours)."""

MOST_DEPTH = 5
IGNORE = "ignore"
_NOTHING = ("", "null", "~", "none", IGNORE)
"""How people write that a column is none of ours."""

WORD_MEANINGS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "programme_group": frozenset(GROUP_WORDS.values()),
        "role": frozenset(ROLE_WORDS.values()),
        "end_reason": frozenset({*END_REASON_WORDS.values(), "other"}),
        "problems": frozenset({"yes", "no"}),
    }
)
"""Columns whose words a mapping may explain, `problems` for all six flags, and what a word may mean."""

Words = Mapping[str, Mapping[str, str | None]]
_KEYS = ("council_code", "confirmed", "confirmed_by", "confirmed_on", "headings", "more_headings", "words")


@dataclass(frozen=True)
class CouncilMapping:
    """What a council's headings and words mean.

    fields: heading (`exact_words`) -> field, or None for a column that is none of ours; words: column (a key of
    WORD_MEANINGS) -> word (`word_key`) -> meaning, or None for a word that is to stay unread; confirmed_by and
    confirmed_on: who said so and when, None while nobody has. It counts only when `is_confirmed`.
    """

    council_code: str
    is_confirmed: bool
    fields: Mapping[str, str | None] = field(default_factory=dict)
    words: Words = field(default_factory=dict)
    confirmed_by: str | None = None
    confirmed_on: date | None = None

    @property
    def known_headings(self) -> frozenset[str]:
        """The headings that the file names."""
        return frozenset(self.fields)

    @property
    def fingerprint(self) -> str:
        """Changes when a decision does: sha256 of what is decided, whoever confirmed it."""
        told = [self.council_code, self.is_confirmed, sorted(self.fields.items(), key=str)]
        words = [(column, sorted(each.items(), key=str)) for column, each in sorted(self.words.items())]
        return hashlib.sha256(json.dumps([told, words]).encode()).hexdigest()

    def decision(self, heading: str | None, name: str) -> str | None:
        """The field of a column by its heading or by what it is called, IGNORE, or None where nothing is said."""
        for key in (exact_words(heading or ""), exact_words(name)):
            if key and key in self.fields:
                return self.fields[key] or IGNORE
        return None


def word_key(text: str) -> str:
    """A word of a cell as compared: plain words, or the bare text where there are none (`+`)."""
    return plain_words(text) or text.strip().casefold()


def parse_mapping(content: bytes, council_code: str) -> CouncilMapping:
    """Read a mapping file; `InputRefused` with a sentence that names file, line and key for whatever is wrong in it."""
    refuse = _refusals(council_code)
    top = read_nodes(content, council_code)
    entries = {key.value: (key, value) for key, value in top.value} if top else {}
    for name, (key, _) in entries.items():
        if name not in _KEYS:
            raise refuse(key, f"{_told(name)} is no key of this file. Its keys are {', '.join(_KEYS)}")
    told = {name: _scalar(*entries[name], refuse) if name in entries else "" for name in _KEYS[:4]}
    if told["council_code"] != council_code:
        key = entries.get("council_code", (top, top))[0]
        raise refuse(key, f"council_code must be {council_code}, as in the file's name")
    is_confirmed, by, on = _confirmation(told, entries, refuse)
    fields = _fields(entries.get("headings"), {}, refuse, is_strict=True)
    more = _fields(entries.get("more_headings"), fields, refuse, is_strict=False)
    return CouncilMapping(council_code, is_confirmed, fields | more, _words(entries.get("words"), refuse), by, on)


Marked = yaml.Node | yaml.Event | yaml.MarkedYAMLError | None
Refuse = Callable[[Marked, str], InputRefused]
Entry = tuple[yaml.ScalarNode, yaml.Node]


def read_nodes(content: bytes, council_code: str) -> yaml.MappingNode | None:
    """The file as marked nodes, nothing in it executed or expanded; None when it is empty."""
    refuse = _refusals(council_code)
    if len(content) > MOST_BYTES:
        raise refuse(None, f"the file is larger than {MOST_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise refuse(None, "the file is not UTF-8 text. Save it as UTF-8") from None
    try:
        _refuse_tricks(text, refuse)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise refuse(error, "this is not YAML. Look for a missing colon, quotation mark or space") from None
    except yaml.YAMLError:
        raise refuse(None, "the file holds characters that YAML does not allow") from None
    if node is None:
        return None
    if not isinstance(node, yaml.MappingNode):
        raise refuse(node, f"the file must begin with the keys {', '.join(_KEYS)}")
    _refuse_repeats(node, refuse)
    return node


def _refuse_tricks(text: str, refuse: Refuse) -> None:
    """Aliases can make a small file huge, depth can break the reader, and tags name code."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or getattr(event, "tag", None):
            raise refuse(event, "anchors, aliases and tags (&, *, !) are not used in this file")
        if depth > MOST_DEPTH:
            raise refuse(event, "the file is nested too deeply")


def _refuse_repeats(node: yaml.MappingNode, refuse: Refuse) -> None:
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise refuse(key, "a key must be a word or words in quotation marks")
        if key.value in seen:
            raise refuse(key, f"{_told(key.value)} stands here a second time. Keep one of the two lines")
        seen.add(key.value)
        if isinstance(value, yaml.MappingNode):
            _refuse_repeats(value, refuse)


def _refusals(council_code: str) -> Refuse:
    def refuse(where: Marked, fault: str) -> InputRefused:
        mark = getattr(where, "start_mark", None) or getattr(where, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        return InputRefused(f"mappings/{council_code}.yml{line}: {fault}.")

    return refuse


def _scalar(key: yaml.ScalarNode, value: yaml.Node, refuse: Refuse) -> str:
    if not isinstance(value, yaml.ScalarNode):
        raise refuse(key, f"{_told(key.value)} must have one word or words in quotation marks")
    return str(value.value).strip()


def _entries(entry: Entry | None, refuse: Refuse) -> list[Entry]:
    """The lines of a section; none when it is absent or empty."""
    if entry is None:
        return []
    key, value = entry
    if isinstance(value, yaml.ScalarNode) and value.value.strip().lower() in _NOTHING:
        return []
    if not isinstance(value, yaml.MappingNode):
        raise refuse(key, f'{_told(key.value)} must be followed by lines of the form "heading": field')
    return [(k, v) for k, v in value.value]


def _fields(
    entry: Entry | None, above: Mapping[str, str | None], refuse: Refuse, is_strict: bool
) -> dict[str, str | None]:
    """Heading -> field. is_strict: two headings for one field are refused, because they stand in one return."""
    fields: dict[str, str | None] = {}
    for key, value in _entries(entry, refuse):
        heading = exact_words(key.value)
        meant = _scalar(key, value, refuse).lower()
        name = None if meant in _NOTHING else meant.replace(" ", "_")
        if not heading:
            raise refuse(key, "the heading is empty")
        if heading in fields or heading in above:
            raise refuse(key, f"the heading {_told(key.value)} stands here a second time. Keep one of the two lines")
        if name and name not in FIELD_NAMES:
            raise refuse(
                key,
                f"{_told(key.value)} is given to {_told(meant)}, which is no field. Write one of the fields listed at "
                "the top of the file, or null",
            )
        if is_strict and name and name in fields.values():
            raise refuse(
                key, f"{name} is given to two headings. Leave it with one of them and write null after the other"
            )
        fields[heading] = name
    return fields


def _words(entry: Entry | None, refuse: Refuse) -> dict[str, dict[str, str | None]]:
    words: dict[str, dict[str, str | None]] = {}
    for key, value in _entries(entry, refuse):
        column = key.value.strip()
        if column not in WORD_MEANINGS:
            raise refuse(key, f"words are explained for {', '.join(WORD_MEANINGS)} alone")
        told: dict[str, str | None] = {}
        for word, meaning in _entries((key, value), refuse):
            meant = {"true": "yes", "false": "no"}.get(_scalar(word, meaning, refuse).lower())
            meant = meant or _scalar(word, meaning, refuse).lower().replace(" ", "_")
            if meant not in _NOTHING and meant not in WORD_MEANINGS[column]:
                raise refuse(word, f"a word of {column} means {', '.join(sorted(WORD_MEANINGS[column]))}, or null")
            told[word_key(word.value)] = None if meant in _NOTHING else meant
        words[column] = told
    return words


def _confirmation(
    told: Mapping[str, str], entries: Mapping[str, Entry], refuse: Refuse
) -> tuple[bool, str | None, date | None]:
    """Confirmed or not, by whom, when; half a confirmation is refused."""
    said = told["confirmed"].lower()
    by = None if told["confirmed_by"].lower() in ("", "null", "~") else told["confirmed_by"]
    on = None if told["confirmed_on"].lower() in ("", "null", "~") else _day(told["confirmed_on"])
    if said not in ("true", "yes", "false", "no", ""):
        raise refuse(entries["confirmed"][0], "confirmed is either true or false")
    is_confirmed = said in ("true", "yes")
    if is_confirmed and not by:
        raise refuse(entries["confirmed"][0], "confirmed is true, but confirmed_by has no name. Write who confirmed it")
    if by and not is_confirmed:
        raise refuse(
            entries["confirmed_by"][0], "confirmed_by has a name, but confirmed is not true. Write confirmed: true"
        )
    if told["confirmed_on"] and told["confirmed_on"].lower() not in ("null", "~") and on is None:
        raise refuse(entries["confirmed_on"][0], "confirmed_on is not a date. Write it as YYYY-MM-DD")
    return is_confirmed, by, on


def _day(text: str) -> date | None:
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    return None


def _told(text: str) -> str:
    """A key in a sentence; words that could be a person's are not repeated, the line number finds them."""
    plain = text if text in (*_KEYS, *FIELD_NAMES, *WORD_MEANINGS) else masked_heading(text)
    return f"“{plain}”" if plain else "this"
