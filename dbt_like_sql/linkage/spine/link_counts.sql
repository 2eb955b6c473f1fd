-- How many people on the registers are linked to each extract: of all, and of those whom the extract should hold.
--
-- One row per extract that arrived, dimension and group of people. Whom an extract should hold is told by age alone
-- (extract_ages), in any of the extract's years, so that nothing which came of the linkage decides it; of social care and
-- offences that cannot be told, and nobody is expected. Groups are what the registers say of everybody, linked or not: the
-- council, the sex, and the age at the earliest assessment. The groups of the dimension stage are the stages that made the
-- links; each stage is counted against everybody.

WITH years AS (
    SELECT extract, min(first_year_date) AS first_year_date, max(last_year_date) AS last_year_date
    FROM department_people
    GROUP BY extract
),

assessments AS (
    SELECT register_clusters.person_id, min(register_programme.assessment_date) AS assessment_date
    FROM register_clusters
    INNER JOIN register_programme
        ON register_clusters.council_code = register_programme.council_code
        AND register_clusters.person_ref = register_programme.person_ref
    GROUP BY register_clusters.person_id
),

aged AS (
    SELECT
        people.person_id,
        people.council_code,
        coalesce(people.sex, 'U') AS sex,
        people.birth_month,
        CAST(floor((
            (year(assessments.assessment_date) - year(people.birth_month)) * 12
            + month(assessments.assessment_date) - month(people.birth_month)
        ) / 12) AS INTEGER) AS age
    FROM people
    LEFT JOIN assessments ON people.person_id = assessments.person_id
),

described AS (
    SELECT
        *,
        CASE
            WHEN age < 5 THEN '00-04'
            WHEN age < 10 THEN '05-09'
            WHEN age < 16 THEN '10-15'
            WHEN age < 18 THEN '16-17'
            WHEN age < 25 THEN '18-24'
            WHEN age < 35 THEN '25-34'
            WHEN age < 50 THEN '35-49'
            WHEN age >= 50 THEN '50+'
            ELSE 'unknown'
        END AS age_band
    FROM aged
),

expected AS (
    -- on the eve of a month's first day, whoever was born in the month before has had the birthday
    SELECT DISTINCT described.person_id, years.extract
    FROM described
    CROSS JOIN years
    INNER JOIN extract_ages AS ages ON years.extract = ages.extract
    WHERE (described.birth_month IS NULL AND ages.is_any_age)
        OR (floor((
            (year(years.first_year_date) - year(described.birth_month)) * 12
            + month(years.first_year_date) - month(described.birth_month) + ages.age_month - 1
        ) / 12) <= ages.to_age
        AND floor((
            (year(years.last_year_date) - year(described.birth_month)) * 12
            + month(years.last_year_date) - month(described.birth_month) + ages.age_month - 1
        ) / 12) >= ages.from_age)
        -- an age between the two is reached in some year, because years follow each other
),

cells AS (
    SELECT
        years.extract,
        described.council_code,
        described.sex,
        described.age_band,
        record_links.stage,
        count(*) AS n_people,
        count(*) FILTER (WHERE record_links.person_id IS NOT NULL) AS n_linked,
        count(*) FILTER (WHERE expected.person_id IS NOT NULL) AS n_expected,
        count(*) FILTER (WHERE expected.person_id IS NOT NULL AND record_links.person_id IS NOT NULL) AS n_expected_linked
    FROM described
    CROSS JOIN years
    LEFT JOIN record_links
        ON described.person_id = record_links.person_id AND years.extract = record_links.extract
    LEFT JOIN expected
        ON described.person_id = expected.person_id AND years.extract = expected.extract
    GROUP BY years.extract, described.council_code, described.sex, described.age_band, record_links.stage
),

grouped AS (
    SELECT extract, 'all' AS dimension, 'all' AS people_group, n_people, n_linked, n_expected, n_expected_linked FROM cells
    UNION ALL
    SELECT extract, 'council', council_code, n_people, n_linked, n_expected, n_expected_linked FROM cells
    UNION ALL
    SELECT extract, 'sex', sex, n_people, n_linked, n_expected, n_expected_linked FROM cells
    UNION ALL
    SELECT extract, 'age_band', age_band, n_people, n_linked, n_expected, n_expected_linked FROM cells
    UNION ALL
    SELECT
        cells.extract,
        'stage',
        stages.stage,
        cells.n_people,
        CASE WHEN cells.stage = stages.stage THEN cells.n_linked ELSE 0 END,
        cells.n_expected,
        CASE WHEN cells.stage = stages.stage THEN cells.n_expected_linked ELSE 0 END
    FROM cells
    INNER JOIN (SELECT DISTINCT extract, stage FROM record_links) AS stages ON cells.extract = stages.extract
),

counts AS (
    SELECT
        extract,
        dimension,
        people_group,
        sum(n_people) AS n_people,
        sum(n_linked) AS n_linked,
        sum(n_expected) AS n_expected,
        sum(n_expected_linked) AS n_expected_linked
    FROM grouped
    GROUP BY extract, dimension, people_group
)

SELECT
    counts.extract,
    counts.dimension,
    counts.people_group,
    coalesce(held.is_everybody_held, false) AS is_everybody_held,
    CAST(counts.n_people AS BIGINT) AS n_people,
    CAST(counts.n_linked AS BIGINT) AS n_linked,
    CAST(counts.n_expected AS BIGINT) AS n_expected,
    CAST(counts.n_expected_linked AS BIGINT) AS n_expected_linked
FROM counts
LEFT JOIN (SELECT extract, bool_or(is_everybody_held) AS is_everybody_held FROM extract_ages GROUP BY extract) AS held
    ON counts.extract = held.extract
