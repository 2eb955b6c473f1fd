"""Relatives: strangers to each other's records who share a surname, a home and now and then a birthday.

Fellegi and Sunter's weights suppose that two records of different people agree by chance alone. Relatives do not: a
brother shares surname and postcode, a twin the date of birth too, a father and a son now and then the forename. So the
pairs of different people are taken as a mixture, of strangers and of a few relatives for each record:

    evidence = log2(m / (u + rho r)) = log2(m / u) - log2(1 + rho r / u)

rho is the chance that a given record of the right is a relative of the left one; r is u, but for surname, postcode and
address it is m, since relatives share them as a person does, and for the same forename or date of birth it is the share
of relatives who have that in common. Both rho and those shares are counted on the right-hand side, among records that
share a surname and a postcode or address.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tf_assets.linkage.spine.preparing import Workspace
from tf_assets.linkage.spine.training import Parameters

HOME_COLUMNS = ("address", "postcode")
"""What people of one home share, the surer sign first."""

SUPPOSED_SHARES = {"forename": 0.01, "date_of_birth": 0.02}
"""Of relatives who have these in common: a father and a son of one name; twins, about 3 in 200 births (ONS, births)."""

SUPPOSED_PAIRS = 200
"""The weight of what is supposed, in pairs of relatives: few pairs that were counted change it little."""

SUPPOSED_RELATIVES = 0.5
SUPPOSED_RECORDS = 200
"""Relatives that a record has on the right, and the weight of what is supposed, in records."""

RECORDS_THAT_TELL = 1_000_000
"""Records of the right, among more of which one home in so many is counted."""

MOST_IN_A_HOME = 50
"""Records of one surname at one address, beyond which it is no household."""


@dataclass(frozen=True)
class Relatives:
    """Relatives that a record has on the right, in the mean, and those whom no key has linked; and the shares of relatives with
    its forename and birthday."""

    n_relatives: float
    n_free: float
    same_forename: float
    same_date_of_birth: float


def count_relatives(work: Workspace) -> Relatives:
    """Count relatives among the right-hand records by the homes that they share."""
    homes = [column for column in HOME_COLUMNS if column in work.columns][:1]
    if not homes:
        return Relatives(
            SUPPOSED_RELATIVES,
            SUPPOSED_RELATIVES,
            **{f"same_{column}": share for column, share in SUPPOSED_SHARES.items()},
        )
    home = homes[0]
    n_shares = max(work.n_right // RECORDS_THAT_TELL, 1)
    counted = work.connection.sql(
        f"""
        WITH living AS (
            SELECT *, (record NOT IN (SELECT right_record FROM key_links))::INT AS is_free FROM right_rows
            WHERE is_latest AND surname IS NOT NULL AND {home} IS NOT NULL AND hash({home}) % {n_shares} = 0
        ),
        homes AS (
            SELECT surname, {home}, count(*) AS n, sum(is_free) AS n_free FROM living
            GROUP BY ALL HAVING count(*) BETWEEN 2 AND {MOST_IN_A_HOME}
        ),
        members AS (SELECT living.* FROM living JOIN homes USING (surname, {home})),
        alike AS (
            SELECT surname, {home}, forename, date_of_birth, count(*) AS n
            FROM members GROUP BY GROUPING SETS ((surname, {home}, forename), (surname, {home}, date_of_birth))
        )
        SELECT (SELECT coalesce(sum(n * (n - 1)), 0) FROM homes),
               (SELECT coalesce(sum(n_free * (n - 1)), 0) FROM homes),
               coalesce(sum(n * (n - 1)) FILTER (forename IS NOT NULL), 0),
               coalesce(sum(n * (n - 1)) FILTER (date_of_birth IS NOT NULL), 0)
        FROM alike
        """
    ).fetchone()
    n_pairs, n_free, n_forename, n_dob = (float(each) for each in counted) if counted else (0.0, 0.0, 0.0, 0.0)
    return Relatives(
        n_relatives=_mean(n_pairs, work.n_right / n_shares),
        n_free=_mean(n_free, work.n_right / n_shares),
        same_forename=_share(n_forename, n_pairs, SUPPOSED_SHARES["forename"]),
        same_date_of_birth=_share(n_dob, n_pairs, SUPPOSED_SHARES["date_of_birth"]),
    )


def _mean(n_pairs: float, n_records: float) -> float:
    return (n_pairs + SUPPOSED_RELATIVES * SUPPOSED_RECORDS) / (n_records + SUPPOSED_RECORDS)


def _share(n: float, n_pairs: float, supposed: float) -> float:
    return (n + supposed * SUPPOSED_PAIRS) / (n_pairs + SUPPOSED_PAIRS)


def relatives_bits_sql(
    work: Workspace,
    parameters: Parameters,
    relatives: Relatives,
    weights: Mapping[str, str],
    place: str,
    same: Mapping[str, str],
    n_relatives: float,
) -> str:
    """The bits that a pair loses because the two may be relatives.

    weights: SQL of the weights of forename, surname and date of birth; place: of all that speaks for one home; same:
    conditions that forename and date of birth are the same.
    """
    alike = [
        f"CASE WHEN {same[column]} THEN {weights[column]} + {math.log2(share / parameters.m[column][0])} ELSE 0 END"
        for column, share in (
            ("forename", relatives.same_forename),
            ("date_of_birth", relatives.same_date_of_birth),
        )
    ]
    rho = n_relatives / max(work.n_right, 1)
    return f"log2(1 + {rho} * pow(2, least({' + '.join([weights['surname'], f'({place})', *alike])}, 900)))"
