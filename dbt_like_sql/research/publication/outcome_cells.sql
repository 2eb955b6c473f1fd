-- How many people were observed, and how many had the outcome, in the finest cells that are published together; with the
-- cell keys that decide their rounding.
--
-- Every margin is a sum of these cells, of its counts and of its keys (modulo 2^64), so people are read once. Ages are
-- cut at 10 and 18, where the law and the outcomes' populations change. Unprotected: never published.
WITH observed AS (
    SELECT
        person.council_code,
        person.region_code,
        coalesce(person.sex, 'U') AS sex,
        CASE
            WHEN person.age_at_index < 5 THEN '00-04'
            WHEN person.age_at_index < 10 THEN '05-09'
            WHEN person.age_at_index < 16 THEN '10-15'
            WHEN person.age_at_index < 18 THEN '16-17'
            WHEN person.age_at_index < 25 THEN '18-24'
            WHEN person.age_at_index < 35 THEN '25-34'
            WHEN person.age_at_index < 50 THEN '35-49'
            WHEN person.age_at_index >= 50 THEN '50+'
            ELSE 'unknown'
        END AS age_band,
        person.arm,
        seen.outcome,
        seen.outcome_window,
        seen.value > 0 AS is_yes,
        CAST(released.rounding_key AS DECIMAL(38, 0)) AS rounding_key
    FROM outcome_values AS seen
    JOIN eligible_people AS person ON person.person_pseudonym = seen.person_pseudonym
    JOIN released_people AS released ON released.person_pseudonym = seen.person_pseudonym
    WHERE seen.value IS NOT NULL
)

SELECT
    council_code,
    region_code,
    sex,
    age_band,
    arm,
    outcome,
    outcome_window,
    count(*) AS n_people,
    count(*) FILTER (WHERE is_yes) AS n_yes,
    CAST(sum(rounding_key) % 18446744073709551616 AS UBIGINT) AS people_key,
    CAST(coalesce(sum(rounding_key) FILTER (WHERE is_yes), 0) % 18446744073709551616 AS UBIGINT) AS yes_key
FROM observed
GROUP BY council_code, region_code, sex, age_band, arm, outcome, outcome_window
