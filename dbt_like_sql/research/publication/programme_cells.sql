-- How many people and families are in the evaluation, in the finest cells that are published together; with the cell keys
-- that decide their rounding.
--
-- A family is counted once, at the first of its people's councils; its key is the sum of its people's keys, so that the
-- same families give the same number. Unprotected: never published.
WITH people AS (
    SELECT
        person.family_pseudonym,
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
        CAST(released.rounding_key AS DECIMAL(38, 0)) AS rounding_key
    FROM eligible_people AS person
    JOIN released_people AS released ON released.person_pseudonym = person.person_pseudonym
),

families AS (
    SELECT
        arm,
        family_pseudonym,
        min(council_code) AS council_code,
        sum(rounding_key) AS rounding_key
    FROM people
    GROUP BY arm, family_pseudonym
),

council_regions AS (
    SELECT council_code, min(region_code) AS region_code
    FROM people
    GROUP BY council_code
)

SELECT
    'people' AS unit,
    council_code,
    region_code,
    sex,
    age_band,
    arm,
    count(*) AS n_counted,
    CAST(sum(rounding_key) % 18446744073709551616 AS UBIGINT) AS cell_key
FROM people
GROUP BY council_code, region_code, sex, age_band, arm
UNION ALL
SELECT
    'families' AS unit,
    families.council_code,
    council_regions.region_code,
    'all' AS sex,
    'all' AS age_band,
    families.arm,
    count(*) AS n_counted,
    CAST(sum(families.rounding_key) % 18446744073709551616 AS UBIGINT) AS cell_key
FROM families
JOIN council_regions ON council_regions.council_code = families.council_code
GROUP BY families.council_code, council_regions.region_code, families.arm
