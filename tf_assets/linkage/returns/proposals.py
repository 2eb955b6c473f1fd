"""The text of a mapping file that waits for a person: what was found, what is proposed, what is missing."""

import json
from collections.abc import Mapping

import yaml

from tf_assets.linkage.returns.headings import HeadingMatch, HeadingProposal, ReadHeadings, absent_fields
from tf_assets.linkage.returns.mappings import WORD_MEANINGS, parse_mapping, read_nodes
from tf_assets.linkage.returns.vocabulary import FIELDS, Field
from tf_assets.warehouse.errors import InputRefused
from tf_assets.warehouse.geography import councils

MOST_LISTED = 300
"""Columns listed in a proposal, the understood ones first (ours)."""

_METHODS = {
    "confirmed": "confirmed before",
    "exact": "understood: known words",
    "fuzzy": "understood: nearly known words",
    "semantic": "understood: same meaning",
}

Counts = Mapping[str, Mapping[str, int]]
"""Column -> word that is not understood -> rows that have it."""

_HEADER = """\
# How the returns of {council} are read.
#
# Some of this council's headings are not understood, and nothing was guessed. What to do:
#
# 1. Go through the lines under `headings`. On the left is what was found; on the right write what it is, one of the
#    fields listed below, or null for a column that the evaluation does not use. What stands after # is a remark.
#    No field may stand twice. A word that could be somebody's name is shown as …; a column that cannot be named
#    without repeating it is called by its letter and by its left neighbour. You may write the heading's own words
#    instead of it, if they are nobody's name: then the column may move.
# 2. Under `words`, if it is there, write what each of the council's words means.
# 3. Write confirmed: true and your name after confirmed_by, or run: tf-eval mappings confirm {council_code} --by NAME
#
# It is remembered for this council for all returns, past and to come. Returns that wait are then read again.
#
# The fields (* a return cannot be used without it; a full_name stands for forename and surname):
{fields}
"""


def render_proposal(council_code: str, read: ReadHeadings, words: Counts | None = None) -> str:
    """The text of mappings/<council>.yml for one return; it holds no value of a cell but the `words` handed in.

    words: what `council_words.unknown_words` lists.
    """
    lines = [
        _HEADER.format(council=_named(council_code), council_code=council_code, fields=_field_list()),
        f"council_code: {council_code}",
        "confirmed: false",
        "confirmed_by:",
        "confirmed_on:",
        "",
        "headings:",
        *(f"  {line}" for line in _heading_lines(read)),
    ]
    if read.missing:
        lines += ["", "# Missing, and the return waits for it:"]
        lines += [f"#   {field.name}: {_described(field)}" for field in read.missing]
    absent = [field for field in absent_fields(read.matches) if field not in read.missing]
    if absent:
        lines += ["", "# Missing, and the return can do without it:"]
        lines += [f"#   {field.name}: {_described(field)}" for field in absent]
    if words:
        lines += ["", "words:", *_word_lines(words)]
    return "\n".join(lines) + "\n"


def merged_proposal(existing: str, proposal: str, council_code: str) -> str:
    """A person's file with the headings and words that it lacks, every line of theirs as it was.

    New headings go under `more_headings`, where a heading may mean a field that another already means: no return has
    both. A file whose lines stand where they cannot be added to comes back as it was; `InputRefused` when the existing
    file cannot be read.
    """
    theirs, ours = read_nodes(existing.encode(), council_code), read_nodes(proposal.encode(), council_code)
    known = _listed(theirs, "headings") | _listed(theirs, "more_headings")
    remarks = proposal.splitlines()
    new = [remarks[line] for name, line in _listed(ours, "headings").items() if name not in known]
    text = _with_lines(existing, council_code, ("more_headings",), new)
    for column in WORD_MEANINGS:
        known_words = _listed(theirs, "words", column)
        words = [remarks[line] for word, line in _listed(ours, "words", column).items() if word not in known_words]
        text = _with_lines(text, council_code, ("words", column), words)
    try:
        parse_mapping(text.encode(), council_code)
    except InputRefused:
        return existing
    return text


def confirmed_text(existing: str, council_code: str, told: Mapping[str, str]) -> str:
    """The file with the lines of some plain keys (confirmed, confirmed_by, confirmed_on) written anew."""
    top = read_nodes(existing.encode(), council_code)
    lines = existing.splitlines()
    places = {key.value: key.start_mark.line for key, _ in (top.value if top else [])}
    for name, value in told.items():
        line = f"{name}: {value}".rstrip()
        if name in places:
            lines[places[name]] = line
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def _heading_lines(read: ReadHeadings) -> list[str]:
    matches = {match.column: match for match in read.matches}
    proposals = {each.column: each for each in read.proposals}
    unlisted = [column for column in read.names if column not in matches][max(MOST_LISTED - len(matches), 0) :]
    lines = []
    for column, name in read.names.items():
        if column in unlisted:
            continue
        field, remark = _reading(column in read.ignored, matches.get(column), proposals.get(column))
        lines.append(f"{json.dumps(name, ensure_ascii=False)}: {field}  # {remark}")
    if unlisted:
        lines.append(f"# and {len(unlisted)} more columns")
    return lines


def _reading(is_ignored: bool, match: HeadingMatch | None, proposal: HeadingProposal | None) -> tuple[str, str]:
    """What stands right of a heading, and the remark behind it."""
    if is_ignored:
        return "null", "confirmed before: not used"
    if match:
        return match.field, f"{_METHODS[match.method]} ({match.method}, {match.score:.2f})"
    if proposal and proposal.nearest and proposal.is_likely:
        return proposal.nearest, f"PLEASE CHECK: proposed ({proposal.method}, {proposal.score:.2f})"
    if proposal and proposal.nearest and proposal.method == "contested":
        return "null", f"PLEASE CHECK: another column could be {proposal.nearest} as well ({proposal.score:.2f})"
    if proposal and proposal.nearest:
        return "null", f"nearest: {proposal.nearest} ({proposal.score:.2f})"
    return "null", "not used"


def _word_lines(words: Counts) -> list[str]:
    lines = []
    for column, counts in words.items():
        meanings = ", ".join(sorted(WORD_MEANINGS[column]))
        lines.append(f"  {column}:  # each word means one of: {meanings}; or null")
        ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        lines += [f"    {json.dumps(word, ensure_ascii=False)}: null  # {n} rows" for word, n in ordered]
    return lines


def _field_list() -> str:
    names = [f"{field.name}{'*' if field.is_required else ''}" for field in FIELDS]
    width = max(map(len, names)) + 2
    return "\n".join(f"#   {name:<{width}}{_described(field)}" for name, field in zip(names, FIELDS, strict=True))


def _described(field: Field) -> str:
    return field.meaning.split(", ")[0]


def _named(council_code: str) -> str:
    known = councils().filter(councils()["council_code"] == council_code)["council_name"]
    return f"{known[0]} ({council_code})" if known.len() else council_code


def _section(top: yaml.MappingNode | None, path: tuple[str, ...]) -> yaml.MappingNode | None:
    node: yaml.Node | None = top
    for name in path:
        found = [value for key, value in node.value if key.value == name] if isinstance(node, yaml.MappingNode) else []
        node = found[0] if found else None
    return node if isinstance(node, yaml.MappingNode) else None


def _listed(top: yaml.MappingNode | None, *path: str) -> dict[str, int]:
    """Key -> its line (from 0) in a section."""
    section = _section(top, path)
    return {key.value: key.start_mark.line for key, _ in section.value} if section else {}


def _with_lines(text: str, council_code: str, path: tuple[str, ...], new: list[str]) -> str:
    """The text with lines put behind the last one of a section, which is made where there is none.

    A section in braces is left as it is: a person who writes so can copy the lines from feedback.
    """
    if not new:
        return text
    lines = text.splitlines()
    top = read_nodes(text.encode(), council_code)
    depth = max((n for n in range(len(path) + 1) if _section(top, path[:n])), default=0)
    heads = [f"{'  ' * level}{name}:" for level, name in enumerate(path)]
    section = _section(top, path[:depth])
    if section is None or section.flow_style:
        return text
    empty = next(
        (key.start_mark.line for key, _ in section.value if depth < len(path) and key.value == path[depth]), None
    )
    if empty is not None:
        lines[empty] = heads[depth]
        at, heads = empty + 1, heads[depth + 1 :]
    elif depth:
        at, heads = _last_line(section) + 1, heads[depth:]
    else:
        at = len(lines)
    body = [*heads, *(f"{'  ' * len(path)}{line.strip()}" for line in new)]
    return "\n".join([*lines[:at], *([] if depth else [""]), *body, *lines[at:]]) + "\n"


def _last_line(node: yaml.Node) -> int:
    if isinstance(node, yaml.MappingNode) and node.value:
        key, value = node.value[-1]
        return max(key.start_mark.line, _last_line(value))
    return int(node.start_mark.line)
