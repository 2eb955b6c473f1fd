"""Weights of evidence for pairs of rows, by Splink (Fellegi and Sunter 1969, as Splink documents it)."""

import math

import polars as pl
from splink import Linker

from tf_assets.linkage.spine.comparisons import applicable, frequency_columns, splink_comparison
from tf_assets.linkage.spine.decided_pairs import without_the_parted
from tf_assets.linkage.spine.preparing import AREAS, Workspace
from tf_assets.linkage.spine.relatives import HOME_COLUMNS, Relatives, relatives_bits_sql
from tf_assets.linkage.spine.training import Parameters, linker_settings, open_linker

BITS_BELOW_EVEN = 10.0
"""A pair whose evidence is so many bits less than one against all records of the right can become no link."""

PEOPLE_SUPPOSED = 2_000
"""The weight, in people, of how common a value is elsewhere, where few people were counted."""

PAIRS_AT_A_TIME = 3_000_000
"""Pairs that Splink is given at once, since it holds each weight of each of them."""

_SAME = ("forename", "date_of_birth")
_VALUES_SQL = ", ".join(f"CASE WHEN {column} IS NOT NULL THEN hash({column}) END AS {column}_value" for column in _SAME)
_SAME_SQL = ", ".join(f"{column}_value_l = {column}_value_r AS same_{column}" for column in _SAME)
"""What relatives may have in common, as numbers that Splink hands on."""

EVIDENCE_SCHEMA = {"left_record": pl.Int64, "right_record": pl.Int64, "evidence": pl.Float64}


class Scales:
    """Weighs pairs of rows of a workspace, always with the same parameters."""

    def __init__(self, work: Workspace, parameters: Parameters, relatives: Relatives) -> None:
        self.work, self.parameters, self.relatives = work, parameters, relatives
        self.least = math.log2(max(work.n_right, 2)) - BITS_BELOW_EVEN
        for comparison in applicable(work.columns):
            for level, u in zip(comparison.levels, parameters.u[comparison.name], strict=True):
                if level.frequency_column:
                    _count_values(work, level.frequency_column, u)
        _count_cohorts(work)

    def weigh(self, pairs: str, place: str | None = None, keeps_all: bool = False) -> pl.DataFrame:
        """Evidence of the pairs of records that a table of pairs of rows (left_row, right_row) holds.

        `EVIDENCE_SCHEMA`: log2 of the Bayes factor, that of the pair's best rows, rounded so that the order of
        floating-point sums cannot change an order of pairs. place: SQL, over the table `pairs`, of a weight that stands
        for postcode and address where it is more than theirs. Pairs that can become no link are left out, or none.
        """
        n_pairs = self.work.connection.sql(f"SELECT count(*) FROM {pairs}").fetchall()[0][0]
        n_chunks = max(math.ceil(n_pairs / PAIRS_AT_A_TIME), 1)
        weighed = [pl.DataFrame(schema=EVIDENCE_SCHEMA)]
        for chunk in range(n_chunks):
            self.work.connection.execute(
                f"CREATE OR REPLACE TEMP TABLE pairs_at_hand AS SELECT * FROM {pairs} WHERE left_row % {n_chunks} = {chunk}"
            )
            weighed.append(self._weigh_at_hand(place, keeps_all))
        best = pl.concat(weighed).group_by("left_record", "right_record").agg(pl.col("evidence").max())
        return without_the_parted(self.work.connection, best).sort("left_record", "right_record")

    def _open_linker(self) -> Linker:
        comparisons = [
            splink_comparison(each, self.parameters.m[each.name], self.parameters.u[each.name])
            for each in applicable(self.work.columns)
        ]
        settings = linker_settings(
            comparisons,
            link_type="dedupe_only",  # both sides stand in one table, and the pairs are given
            unique_id_column_name="person_row",
            probability_two_random_records_match=0.5,  # so that a weight is evidence alone
            retain_intermediate_calculation_columns=True,
            additional_columns_to_retain=["record", "cohort_bits", *(f"{column}_value" for column in _SAME)],
        )
        linker = open_linker(self.work, ["people_at_hand"], settings)
        for column in frequency_columns(self.work.columns):
            frequencies = linker._db_api.register(f"{column}_frequencies")
            linker.table_management.register_term_frequency_lookup(frequencies, column)
        return linker

    def _weigh_at_hand(self, place: str | None, keeps_all: bool) -> pl.DataFrame:
        """Evidence of the pairs in `pairs_at_hand`."""
        connection = self.work.connection
        # one table with the right's rows below zero: Splink then joins by number, not by a text of table and row
        columns = ", ".join(("record", *self.work.compared_columns))
        connection.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE people_at_hand AS
            SELECT people.*, coalesce(bits, 0) AS cohort_bits, {_VALUES_SQL}
            FROM (
                SELECT row_id AS person_row, {columns}, {_cohort_sql(self.work, "left_rows")} AS cohort
                FROM left_rows WHERE row_id IN (SELECT left_row FROM pairs_at_hand)
                UNION ALL
                SELECT -row_id, {columns}, {_cohort_sql(self.work, "right_rows")}
                FROM right_rows WHERE row_id IN (SELECT right_row FROM pairs_at_hand)
            ) AS people LEFT JOIN cohort_names USING (forename, cohort)
            """
        )
        linker = self._open_linker()
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE splink_pairs AS "
            "SELECT '0' AS match_key, left_row AS join_key_l, -right_row AS join_key_r FROM pairs_at_hand"
        )
        linker.table_management.register_blocked_pairs_for_predict(linker._db_api.register("splink_pairs"))
        is_cut = place is None and not keeps_all
        # who has been linked by a key is nobody's rival; for a pair that a key makes, everybody is
        n_relatives = self.relatives.n_relatives if keeps_all else self.relatives.n_free
        scored = linker.inference.predict(threshold_match_weight=self.least if is_cut else None, warning_mode="never")
        own_place = (
            " + ".join(self._weight_sql(column) for column in HOME_COLUMNS if column in self.work.columns) or "0"
        )
        home = f"greatest(own_place, {place})" if place else "own_place"
        least = "" if keeps_all else f"HAVING max(evidence) >= {self.least}"
        best = connection.sql(
            f"""
            WITH placed AS (
                SELECT scored.*, record_l AS left_record, record_r AS right_record, {own_place} AS own_place, {home} AS home,
                       {_SAME_SQL},
                       CASE WHEN same_forename THEN greatest(cohort_bits_l, cohort_bits_r) ELSE 0 END AS cohort_bits
                FROM {scored.physical_name} AS scored
                {"JOIN pairs_at_hand AS pairs ON left_row = person_row_l AND right_row = -person_row_r" if place else ""}
            ),
            weighed AS (
                SELECT left_record, right_record,
                       match_weight - own_place + home - cohort_bits - {self._relatives_bits(n_relatives)} AS evidence
                FROM placed
            )
            SELECT left_record, right_record, round(max(evidence), 4) AS evidence FROM weighed GROUP BY 1, 2 {least}
            """
        ).pl()
        scored.drop_table_from_database_and_remove_from_cache()
        return best

    def _weight_sql(self, name: str) -> str:
        """SQL of the weight of a comparison, rare values counted."""
        comparison = next(each for each in applicable(self.work.columns) if each.name == name)
        has_frequencies = any(level.frequency_column for level in comparison.levels)
        return f"(mw_{name} + mw_tf_adj_{name})" if has_frequencies else f"mw_{name}"

    def _relatives_bits(self, n_relatives: float) -> str:
        """SQL of the bits that a pair loses because the two may be relatives."""
        weights = {
            "forename": f"({self._weight_sql('forename')} - cohort_bits)",
            **{column: self._weight_sql(column) for column in ("surname", "date_of_birth")},
        }
        same = {column: f"same_{column}" for column in _SAME}
        return relatives_bits_sql(self.work, self.parameters, self.relatives, weights, "home", same, n_relatives)


def _count_values(work: Workspace, column: str, u: float) -> None:
    """Make `<column>_frequencies`: how common each value of the left is on the right.

    u: how common values are in the mean, to which the frequencies among few people are drawn.
    """
    value, n_rows, source = column, "count(*)", "right_rows WHERE is_latest"
    if column in AREAS:  # counted from the counts of postcodes
        value, n_rows, source = AREAS[column], "sum(n)", "postcode_counts"
    work.connection.execute(
        f"CREATE OR REPLACE TEMP TABLE {column}_counts AS "
        f"SELECT * FROM (SELECT {value} AS {column}, {n_rows} AS n FROM {source} GROUP BY 1) WHERE {column} IS NOT NULL"
    )
    work.connection.execute(
        f"CREATE OR REPLACE TABLE {column}_frequencies AS "
        f"SELECT {column}, (n + {PEOPLE_SUPPOSED * u})"
        f" / ((SELECT sum(n) FROM {column}_counts) + {PEOPLE_SUPPOSED}) AS tf_{column} "
        f"FROM {column}_counts WHERE {column} IN (SELECT {column} FROM left_rows)"
    )


def _count_cohorts(work: Workspace) -> None:
    """Make `cohort_names` (forename, cohort, bits): log2 of how much commoner a forename is in a cohort than overall.

    A cohort is everybody of one sex and decade of birth: who shares both with somebody was named in the same years, and
    among all ages a name seems rarer than it is. A small cohort's names are drawn to those of everybody.
    """
    sex = "sex" if "sex" in work.columns else "NULL AS sex"
    work.connection.execute(
        f"""
        CREATE OR REPLACE TABLE cohort_names AS
        WITH counted AS (
            SELECT forename, {_cohort_sql(work, "people")} AS cohort, n
            FROM (
                SELECT forename, {sex}, substr(date_of_birth, 1, 3) AS date_of_birth, count(*) AS n
                FROM right_rows WHERE is_latest AND forename IS NOT NULL GROUP BY ALL
            ) AS people
        ),
        summed AS (SELECT *, sum(n) OVER (PARTITION BY cohort) AS n_cohort FROM counted)
        SELECT forename, cohort,
               log2((n / tf_forename + {PEOPLE_SUPPOSED}) / (n_cohort + {PEOPLE_SUPPOSED})) AS bits
        FROM summed JOIN forename_frequencies USING (forename)
        """
    )


def _cohort_sql(work: Workspace, rows: str) -> str:
    """Sex and decade of birth of a row."""
    sex = f"coalesce({rows}.sex, '')" if "sex" in work.columns else "''"
    return f"{sex} || coalesce(left({rows}.date_of_birth, 3), '')"
