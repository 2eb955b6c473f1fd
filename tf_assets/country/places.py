"""Places: the councils in play, their postcodes and addresses, their schools.

A home is one whole number: council, postcode within the council and house number (`home_of`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from tf_assets.country.days import Ints
from tf_assets.country.names import ENDINGS, STEMS
from tf_assets.country.sizes import Size
from tf_assets.warehouse.geography import councils

AREAS = {
    "E12000001": "NE SR DH TS DL",
    "E12000002": "M L WA BL OL PR BB CH CW SK WN FY LA CA",
    "E12000003": "LS BD HX HD WF S DN HU YO HG",
    "E12000004": "NG DE LE LN NN",
    "E12000005": "B CV WV WS DY ST TF WR HR",
    "E12000006": "NR IP CB PE CO CM SS SG AL LU",
    "E12000007": "N NW SW SE E W BR CR DA EN HA IG KT RM SM TW UB",
    "E12000008": "BN CT ME TN RH GU PO SO RG SL OX MK HP",
    "E12000009": "BS BA EX PL TQ TR TA GL SN SP BH DT",
}
"""Postcode areas that lie mostly in a region (Royal Mail); districts are ours."""

TINY = {"E09000001", "E06000053"}
"""City of London and Isles of Scilly: too few people for a register; left out unless all councils are in play."""

PER_OUTWARD = 2_000
HOUSEHOLDS_A_POSTCODE = 15
RESERVED = 99_000
"""Postcodes from this number on, in a district of their own, are for canaries."""
PUPILS_A_SCHOOL = 350
HOUSES = 1_000
POSTCODES = 100_000

INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
SAINTS = ("Mary", "John", "Peter", "Paul", "Anne", "Joseph", "Michael", "Thomas", "George", "Catherine")
STREET_KINDS = ("Street", "Road", "Avenue", "Close", "Lane", "Drive", "Grove", "Crescent", "Terrace", "Way")


@dataclass(frozen=True)
class Places:
    """Arrays by council in play, sorted by code.

    codes; weight: share of the population; deprivation: standard normal, between councils; n_postcodes;
    outward_first: place of a council's first district in `outward`; reserved: of its district for canaries;
    outward, inward, streets: text; schools: urn, school_name, council_code; first_primary, n_primary,
    first_secondary, n_secondary: places of a council's schools in `schools`; authority: number in a UPN.
    """

    codes: list[str]
    weight: np.ndarray
    deprivation: np.ndarray
    n_postcodes: Ints
    outward_first: Ints
    reserved: Ints
    outward: pl.Series
    inward: pl.Series
    streets: pl.Series
    schools: pl.DataFrame
    first_primary: Ints
    n_primary: Ints
    first_secondary: Ints
    n_secondary: Ints
    authority: Ints


def home_of(council: Ints, postcode: Ints | int, house: Ints | int) -> Ints:
    """One number for a home."""
    return (np.asarray(council, dtype=np.int64) * POSTCODES + postcode) * HOUSES + house


def council_of(home: Ints) -> Ints:
    """The council (place in `codes`) of homes."""
    return home // (POSTCODES * HOUSES)


def choose_councils(n: int) -> pl.DataFrame:
    """n councils of the 152, spread evenly over the regions; the same n are always the same councils."""
    all_of_them = councils()
    if n >= len(all_of_them):
        return all_of_them
    candidates = all_of_them.filter(~pl.col("council_code").is_in(TINY)).sort("region_code", "council_code")
    places = np.linspace(0, len(candidates) - 1, n).round().astype(int)
    return candidates[places.tolist()].sort("council_code")


def make_places(rng: np.random.Generator, size: Size) -> Places:
    """Lay out the councils of a size."""
    chosen = choose_councils(size.n_councils)
    n = len(chosen)
    weight = rng.lognormal(0, 0.4, n)
    weight[chosen["council_code"].is_in(TINY).to_numpy()] *= 0.02
    weight /= weight.sum()
    households = size.n_people / 2.2 * weight
    n_postcodes = np.clip(households / HOUSEHOLDS_A_POSTCODE, 30, RESERVED - 1).astype(np.int64)
    n_districts = n_postcodes // PER_OUTWARD + 2
    outward, first = _districts(chosen["region_code"].to_list(), n_districts)
    inward = [f"{d}{a}{b}" for d in range(10) for a in INWARD_LETTERS for b in INWARD_LETTERS]
    stems = [stem + ending for ending in ENDINGS[:12] for stem in STEMS]
    streets = [f"{stems[i % len(stems)]} {STREET_KINDS[i % len(STREET_KINDS)]}" for i in range(len(stems))]
    n_primary = np.maximum(size.n_people * weight * 0.17 * 0.6 / PUPILS_A_SCHOOL, 4).astype(np.int64)
    n_secondary = np.maximum(size.n_people * weight * 0.17 * 0.4 / (3 * PUPILS_A_SCHOOL), 2).astype(np.int64)
    first_primary = np.concatenate([[0], np.cumsum(n_primary + n_secondary)[:-1]])
    return Places(
        codes=chosen["council_code"].to_list(),
        weight=weight,
        deprivation=rng.normal(0, 1, n),
        n_postcodes=n_postcodes,
        outward_first=first,
        reserved=first + n_districts - 1,
        outward=pl.Series(outward),
        inward=pl.Series(inward),
        streets=pl.Series(streets),
        schools=_schools(rng, chosen["council_code"].to_list(), n_primary, n_secondary),
        first_primary=first_primary,
        n_primary=n_primary,
        first_secondary=first_primary + n_primary,
        n_secondary=n_secondary,
        authority=_authorities(n),
    )


def _authorities(n: int) -> Ints:
    """Local authority numbers as DfE gives them (2011 list as in python-stdnum), one a council, in order."""
    from stdnum.gb.upn import _la_numbers

    known = np.array(sorted(_la_numbers), dtype=np.int64)
    return known[np.arange(n) % len(known)]


def _districts(regions: list[str], n_districts: Ints) -> tuple[list[str], Ints]:
    """Outward codes, no district in two councils, and the place of each council's first one."""
    used = {area: 0 for areas in AREAS.values() for area in areas.split()}
    outward: list[str] = []
    first = []
    for region, wanted in zip(regions, n_districts, strict=True):
        area = min(AREAS[region].split(), key=lambda name: used[name])
        if used[area] + wanted > 99:
            raise ValueError("A postcode area has run out of districts: give the country more councils.")
        first.append(len(outward))
        outward += [f"{area}{used[area] + number + 1}" for number in range(wanted)]
        used[area] += int(wanted)
    return outward, np.array(first, dtype=np.int64)


def _schools(rng: np.random.Generator, codes: list[str], n_primary: Ints, n_secondary: Ints) -> pl.DataFrame:
    """Schools by council, primaries first; names differ within a council."""
    places = [stem + ending for stem in STEMS for ending in ENDINGS]
    saints = [f"St {name}'s" for name in SAINTS]
    primaries = [f"{p} Primary School" for p in places]
    primaries += [f"{s} {kind} Primary School" for s in saints for kind in ("Catholic", "C of E")]
    secondaries = [f"{p} {kind}" for p in places for kind in ("Academy", "High School", "School")]
    rows: list[str] = []
    for first, second in zip(n_primary, n_secondary, strict=True):
        rows += [primaries[i] for i in rng.choice(len(primaries), first, replace=False)]
        rows += [secondaries[i] for i in rng.choice(len(secondaries), second, replace=False)]
    urns = 100_000 + np.arange(len(rows)) * (800_000 // len(rows))
    council = np.repeat(codes, n_primary + n_secondary)
    return pl.DataFrame({"urn": urns.astype(str), "school_name": rows, "council_code": council})


def postcode_text(places: Places, home: Ints) -> pl.Series:
    """Postcodes of homes, 'AB1 2CD'; null for negative homes."""
    council = council_of(home)
    number = home // HOUSES % POSTCODES
    district = np.where(
        number >= RESERVED, places.reserved[council], places.outward_first[council] + number // PER_OUTWARD
    )
    unit = (number % PER_OUTWARD * 1_237 + council * 17) % len(places.inward)
    parts = pl.DataFrame([places.outward.gather(district).alias("o"), places.inward.gather(unit).alias("i")])
    text = parts.select(pl.concat_str("o", "i", separator=" ")).to_series()
    missing = pl.Series(home < 0)
    return text if not missing.any() else text.set(missing, None)


def address_text(places: Places, home: Ints) -> pl.Series:
    """House number and street of homes; a postcode is one street."""
    street = (home // HOUSES * 7_919) % len(places.streets)
    parts = pl.DataFrame({"h": pl.Series(home % HOUSES).cast(pl.String), "s": places.streets.gather(street)})
    return parts.select(pl.concat_str("h", "s", separator=" ")).to_series()


def random_homes(rng: np.random.Generator, places: Places, council: Ints) -> Ints:
    """A home for each household of the given councils."""
    postcode = (rng.random(len(council)) * places.n_postcodes[council]).astype(np.int64)
    return home_of(council, postcode, rng.integers(1, 120, len(council)))
