-- Who was left out where, from the registers to the matched comparison; every step in both arms, and the keys of its
-- people, which decide its rounding. Unprotected: never published.
WITH
steps AS (
    SELECT *
    FROM (VALUES
        (1, 'on_registers'), (2, 'no_index_date'), (3, 'no_birth_month'), (4, 'born_after_index'), (5, 'on_both_sides'),
        (6, 'eligible'), (7, 'no_counterpart'), (8, 'no_match'), (9, 'matched')
    ) AS listed (position, step)
),

arms AS (
    SELECT *
    FROM (VALUES ('programme'), ('comparison')) AS listed (arm)
),

people AS (
    SELECT
        candidates.person_pseudonym,
        candidates.family_pseudonym,
        candidates.arm,
        candidates.exclusion,
        coalesce(propensity.is_on_support, false) AS is_on_support,
        coalesce(matched.weight, 0) > 0 AS is_matched,
        CAST(released.rounding_key AS DECIMAL(38, 0)) AS rounding_key
    FROM cohort_candidates AS candidates
    INNER JOIN released_people AS released ON released.person_pseudonym = candidates.person_pseudonym
    LEFT JOIN propensity ON propensity.person_pseudonym = candidates.person_pseudonym
    LEFT JOIN matched_cohorts AS matched ON matched.person_pseudonym = candidates.person_pseudonym
)

SELECT
    CAST(steps.position AS INTEGER) AS position,
    steps.step,
    arms.arm,
    CAST(count(people.person_pseudonym) AS BIGINT) AS n_people,
    CAST(count(DISTINCT people.family_pseudonym) AS BIGINT) AS n_families,
    CAST(coalesce(sum(people.rounding_key), 0) % 18446744073709551616 AS UBIGINT) AS cell_key
FROM steps
CROSS JOIN arms
LEFT JOIN people
    ON people.arm = arms.arm
    AND CASE steps.step
        WHEN 'on_registers' THEN true
        WHEN 'eligible' THEN people.exclusion IS NULL
        WHEN 'no_counterpart' THEN people.exclusion IS NULL AND NOT people.is_matched AND NOT people.is_on_support
        WHEN 'no_match' THEN people.exclusion IS NULL AND NOT people.is_matched AND people.is_on_support
        WHEN 'matched' THEN people.exclusion IS NULL AND people.is_matched
        ELSE people.exclusion = steps.step
    END
GROUP BY steps.position, steps.step, arms.arm
