"""Mutated files, each by its seed and number alone, so that any of them can be made again."""

import io
import random
import re
import zipfile
from collections.abc import Callable

from tests.fuzz.shapes import good_returns, zipped

Mutation = Callable[[random.Random, bytes], bytes]

NASTY = (
    b"=cmd|'/C calc'!A0", b'=HYPERLINK("http://x","y")', b"@SUM(1)", b"-1+1", b"\0", b"\0\0\0\0", b"\xff\xfe", b"\xef\xbb\xbf",
    b'"', b'""', b'"\n', b"\r", b"\r\n", b"\n\n\n", b"\x1a", b"\x85", "\u2028".encode(), b"\xc3", b"\x80", b"1.0E+11", b"NaN",
    b"99999999999999999999", b"-0", b"31/02/2015", b"00/00/0000", b"0000-00-00", b"29/02/1900", b"'00123", b"#REF!", b"#N/A",
    b"x" * 40_000, b",", b";", b"\t", b"|", b"<!DOCTYPE x>", b"]]>", b"&amp;", b"&#0;", "\u202e".encode(), "٣".encode(),
    "\U0001f600".encode(), b"sep=;\n", b"%s%n", b"../../", b"${x}", b"Total", b"surname",
)  # fmt: skip


def mutated(seed: int, number: int) -> tuple[str, bytes]:
    """What was done to which shape, and the file."""
    rng = random.Random(f"{seed}-{number}")
    shape, content = rng.choice(list(good_returns().items()))
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        mutation = rng.choice(MUTATIONS)
        content = mutation(rng, content)
        done.append(mutation.__name__.strip("_"))
    return f"{shape}: {', '.join(done)}", content


def _flip_bits(rng: random.Random, content: bytes) -> bytes:
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 4, 64)) if made else 0):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def _cut_short(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _lose_the_start(rng: random.Random, content: bytes) -> bytes:
    return content[rng.randrange(len(content) + 1) :]


def _lose_a_piece(rng: random.Random, content: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:start] + content[min(end, start + rng.choice((1, 10, 1000))) :]


def _repeat_a_piece(rng: random.Random, content: bytes) -> bytes:
    start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[start:end] * rng.choice((1, 2, 20)) + content[end:]


def _insert(rng: random.Random, content: bytes) -> bytes:
    for _ in range(rng.choice((1, 1, 5, 30))):
        at = rng.randrange(len(content) + 1)
        content = content[:at] + rng.choice(NASTY) + content[at:]
    return content


def _noise(rng: random.Random, content: bytes) -> bytes:
    at = rng.randrange(len(content) + 1)
    noise = rng.randbytes(rng.choice((1, 16, 512)))
    return content[:at] + noise + content[at + len(noise) :]


def _splice(rng: random.Random, content: bytes) -> bytes:
    other = rng.choice(list(good_returns().values()))
    return content[: rng.randrange(len(content) + 1)] + other[rng.randrange(len(other)) :]


def _change_all(rng: random.Random, content: bytes) -> bytes:
    """One byte everywhere for another: delimiters, line ends, quotes."""
    letters = b",;\t|\n\r\"' \0"
    return content.replace(
        bytes([rng.choice(letters)]), rng.choice((bytes([rng.choice(letters)]), b"", rng.choice(NASTY[:20])))
    )


def _other_encoding(rng: random.Random, content: bytes) -> bytes:
    source, target = (
        rng.choice(("utf-8", "utf-16", "cp1252")),
        rng.choice(("utf-16", "utf-16-be", "utf-32", "cp037", "utf-7")),
    )
    return content.decode(source, errors="ignore").encode(target, errors="replace")


def _lines(rng: random.Random, content: bytes) -> bytes:
    """Lines lost, doubled, shuffled or joined."""
    lines = content.split(b"\n")
    deed = rng.randrange(4)
    if deed == 0:
        del lines[: rng.randrange(4)]
    elif deed == 1:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(lines))
    elif deed == 2:
        rng.shuffle(lines)
    else:
        at = rng.randrange(len(lines))
        lines[at : at + 2] = [b"".join(lines[at : at + 2])]
    return b"\n".join(lines)


def _cells(rng: random.Random, content: bytes) -> bytes:
    """Some cells of one column, or of all, for something else."""
    delimiter = rng.choice((b",", b";", b"\t", b"|"))
    rows = [line.split(delimiter) for line in content.split(b"\n")]
    column, value, share = rng.randrange(25), rng.choice(NASTY), rng.choice((0.05, 0.5, 1.0))
    for row in rows:
        if column < len(row) and rng.random() < share:
            row[column] = value
    return b"\n".join(delimiter.join(row) for row in rows)


def _inside(rng: random.Random, content: bytes) -> bytes:
    """A member of the archive mutated and packed again, so that what lies below the zip is reached."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except Exception:
        return _flip_bits(rng, content)
    if not members:
        return content
    name = rng.choice(list(members))
    members[name] = rng.choice((*_PLAIN, _xml, _xml))(rng, members[name])
    if rng.random() < 0.2:
        del members[rng.choice(list(members))]
    if rng.random() < 0.1:
        members[rng.choice(("../x.csv", "__MACOSX/x", "readme.txt", "zyzxcanary.csv", "x.zip", "a\0b"))] = rng.choice(
            NASTY
        )
    return zipped(members)


def _xml(rng: random.Random, content: bytes) -> bytes:
    """Attributes and texts of XML for others: numbers that lie, references that lead nowhere."""
    values = [
        b"0",
        b"-1",
        b"1048576",
        b"XFD1048576",
        b"A0",
        b"99999999999",
        b"s",
        b"e",
        b"b",
        b"d",
        b"",
        b"float",
        b"date",
        b"NaN",
        b"&#0;",
    ]
    found = list(re.finditer(rb'(?<==")[^"]*(?=")|(?<=>)[^<]+(?=<)', content))
    for match in sorted(rng.sample(found, min(len(found), rng.choice((1, 3, 20)))), key=lambda m: -m.start()):
        content = content[: match.start()] + rng.choice((*values, *NASTY)) + content[match.end() :]
    return content


_PLAIN: tuple[Mutation, ...] = (
    _flip_bits, _cut_short, _lose_the_start, _lose_a_piece, _repeat_a_piece, _insert, _noise, _splice, _change_all,
)  # fmt: skip
MUTATIONS: tuple[Mutation, ...] = (*_PLAIN, _other_encoding, _lines, _lines, _cells, _cells, _inside, _inside, _inside)
