"""Names: forenames and surnames by frequency, how people shorten them, and how clerks mistype them.

Names come from Faker's British list (ONS counts) and, for a minority of households, from its Indian list; a tail of
place surnames (Thornley, Ashworth) stands for the half of English surnames that the list of 500 leaves out.
A name as written is a number: `name * VARIANTS + variant`; variant 0 is the name, 1 its short form, 2 and more are
mistypings. So a person's dirt is a choice of number, and text is made once, when a file is written.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import polars as pl
from faker.providers.person.en_GB import Provider as British
from faker.providers.person.en_IN import Provider as Indian

from tf_assets.country.days import Ints

VARIANTS = 8
FIRST_TYPO = 2

_SHORT_FORMS = """
David:Dave Christopher:Chris Thomas:Tom James:Jim Stephen:Steve Andrew:Andy Michael:Mike Daniel:Dan Peter:Pete
Richard:Rick Matthew:Matt Robert:Bob Joshua:Josh Samuel:Sam Anthony:Tony Alexander:Alex William:Bill
Benjamin:Ben Philip:Phil Joseph:Joe Steven:Steve Jonathan:Jon Nicholas:Nick Timothy:Tim Kenneth:Ken Raymond:Ray
Nathan:Nate Geoffrey:Geoff Terence:Terry Bradley:Brad Patrick:Paddy Jacob:Jake Charles:Charlie Mohammed:Mo
Leslie:Les Ronald:Ron Edward:Ted Jeffrey:Jeff Gordon:Gordy Dominic:Dom Gerald:Gerry Francis:Frank Frederick:Fred
Douglas:Doug Lawrence:Larry Gregory:Greg Clifford:Cliff Leonard:Len Susan:Sue Rebecca:Becky Linda:Lin
Christine:Chris Nicola:Nicky Jessica:Jess Margaret:Maggie Jacqueline:Jackie Charlotte:Lottie Deborah:Debbie
Patricia:Pat Joanne:Jo Sophie:Soph Michelle:Shell Victoria:Vicky Elizabeth:Liz Samantha:Sam Emily:Em Rachel:Rach
Sharon:Shaz Amanda:Mandy Jennifer:Jenny Angela:Angie Barbara:Babs Sandra:Sandy Caroline:Caz Gillian:Gill
Natalie:Nat Catherine:Cath Pamela:Pam Danielle:Dani Abigail:Abbie Valerie:Val Olivia:Liv Stephanie:Steph
Kathleen:Kath Natasha:Tasha Katherine:Katie Judith:Judy Eleanor:Ellie Alexandra:Lexi Kimberley:Kim Kathryn:Kathy
Teresa:Terri Harriet:Hattie Francesca:Fran Josephine:Josie Isabella:Bella Frances:Fran Beverley:Bev Melissa:Mel
"""
SHORT_FORMS = dict(pair.split(":") for pair in _SHORT_FORMS.split())
"""Forenames and what friends make of them (ours)."""

_STEMS = """
Ash Brad Thorn Hart Clay Wood Whit Stan Hales Black Hay Birk Lang Stap Wal Ald Ains Bar Bent Bram Brock Broom
Bur Carl Chat Chor Clif Cop Crom Cross Dal Den Ding Dud El Fair Far Fern Gar Gold Green Had Hal Ham Har Hather
Hazel Heath Hol Horn Hux Kirk Led Lin Lock Mar Mid Mor Nor Oak Ock Pem Pen Pick Ply Rad Rams Red Rock Rother Rud
Sal Sed Shel Ship Sil Stock Sut Swin Tat Thur Til Tot Tren Up Wad War Wat Wen West Whar Wid Wil Win Wor
"""
_ENDINGS = """
ley ton worth ford field ham wick bourne stead by thorpe well combe ridge wood shaw burn gate hurst man son
croft dale brook mere
"""
STEMS, ENDINGS = _STEMS.split(), _ENDINGS.split()
"""Parts of English place names, which are surnames and names of streets and schools as well (ours)."""

APOSTROPHES = ("O'Brien", "O'Connor", "O'Neill", "O'Reilly", "O'Sullivan", "O'Donnell", "D'Souza", "D'Arcy")
N_JOINED = 200
"""Double-barrelled surnames."""

TAIL_SHARE = 0.35
MINORITY_SHARE = 0.09


@dataclass(frozen=True)
class Names:
    """Both vocabularies.

    forenames, surnames: text by number as written, one null at the end, in title case; n_forenames, n_surnames;
    males, females, surname_pool: by origin (0 British, 1 Indian) the numbers of names and their cumulative share.
    """

    forenames: pl.Series
    surnames: pl.Series
    males: tuple[tuple[Ints, np.ndarray], ...]
    females: tuple[tuple[Ints, np.ndarray], ...]
    surname_pool: tuple[tuple[Ints, np.ndarray], ...]


def _mistyped(name: str, variant: int) -> str:
    """A clerk's slip, the same for the same name and variant: two letters swapped, one lost, doubled or wrong."""
    place = (len(name) * variant + variant * variant) % max(len(name) - 1, 1)
    if variant in (2, 3):
        return name[:place] + name[place + 1 : place + 2] + name[place : place + 1] + name[place + 2 :]
    if variant in (4, 5):
        return name[: place + 1] + name[place + 2 :] if len(name) > 3 else name + name[-1]
    if variant == 6:
        return name[: place + 1] + name[place] + name[place + 1 :]
    return name[: place + 1] + "aeionrst"[(place + len(name)) % 8] + name[place + 2 :]


def _written(names: list[str]) -> pl.Series:
    """Every name in every variant, in title case, then one null."""
    rows: list[str | None] = []
    for name in names:
        rows += [name, SHORT_FORMS.get(name, name)]
        rows += [_mistyped(name, variant).capitalize() for variant in range(FIRST_TYPO, VARIANTS)]
    return pl.Series([*rows, None], dtype=pl.String)


def _by_rank(first: int, n: int) -> tuple[Ints, np.ndarray]:
    """Numbers of names whose list is ordered by frequency but gives none, with Zipf's cumulative shares."""
    share = 1 / (np.arange(n) + 8.0) ** 0.8
    return np.arange(first, first + n, dtype=np.int32), np.cumsum(share) / share.sum()


@cache
def names() -> Names:
    """The vocabularies, made once a process."""
    lists = [list(map(str, x)) for x in (British.first_names_male, British.first_names_female)]
    lists += [sorted(set(map(str, x))) for x in (Indian.first_names_male, Indian.first_names_female)]
    starts = np.cumsum([0] + [len(x) for x in lists])
    pools = [_by_rank(int(start), len(x)) for start, x in zip(starts[:-1], lists, strict=True)]

    common = [str(name) for name in British.last_names]
    weights = np.array(list(British.last_names.values()), dtype=float)
    tail = sorted({stem + ending for stem in STEMS for ending in ENDINGS} - set(common))
    joined = [f"{first}-{second}" for first, second in zip(common[:N_JOINED], common[N_JOINED:], strict=False)]
    tail += joined[:N_JOINED] + sorted(set(APOSTROPHES) - set(common))
    indian = sorted(set(map(str, Indian.last_names)) - set(common) - set(tail))
    tail_weights = 1 / (np.random.default_rng(1881).permutation(len(tail)) + 20.0) ** 0.7
    shares = np.concatenate(
        [weights / weights.sum() * (1 - TAIL_SHARE), tail_weights / tail_weights.sum() * TAIL_SHARE]
    )
    n_british = len(common) + len(tail)
    return Names(
        forenames=_written([name for x in lists for name in x] + list(CANARY_FORENAMES)),
        surnames=_written(common + tail + indian + list(CANARY_SURNAMES)),
        males=(pools[0], pools[2]),
        females=(pools[1], pools[3]),
        surname_pool=(
            (np.arange(n_british, dtype=np.int32), np.cumsum(shares)),
            _by_rank(n_british, len(indian)),
        ),
    )


def pick(rng: np.random.Generator, pool: tuple[Ints, np.ndarray], n: int) -> Ints:
    """Draw n names of a pool by their shares."""
    place = np.minimum(np.searchsorted(pool[1], rng.random(n)), len(pool[0]) - 1)
    return pool[0][place]


N_CANARIES = 20
CANARY_SURNAMES = tuple(f"Qzxvarlowe{letter}" for letter in "abcdefghijklmnoprstu")
CANARY_FORENAMES = tuple(f"Jqxkelvin{letter}" for letter in "abcdefghijklmnoprstu")
"""Names that nobody else has: wherever one turns up, an identifier has leaked."""


def canary_forename(place: int) -> int:
    """The number of a canary's forename."""
    return (len(names().forenames) - 1) // VARIANTS - N_CANARIES + place


def canary_surname(place: int) -> int:
    """The number of a canary's surname."""
    return (len(names().surnames) - 1) // VARIANTS - N_CANARIES + place


def forename_text(number: Ints) -> pl.Series:
    """Forenames as written, in title case, of `name * VARIANTS + variant`; null for negative numbers."""
    return names().forenames.gather(np.where(number < 0, len(names().forenames) - 1, number))


def surname_text(number: Ints) -> pl.Series:
    """Surnames as written, in title case, of `name * VARIANTS + variant`; null for negative numbers."""
    return names().surnames.gather(np.where(number < 0, len(names().surnames) - 1, number))
