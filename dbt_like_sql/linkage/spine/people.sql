-- A person on the councils' registers, whoever's register that is.
--
-- One row per person id. Month of birth, sex and role are what the latest return says that says anything; council_code is
-- the council of that return.

WITH records AS (
    SELECT
        register_clusters.person_id,
        register_clusters.family_id,
        register_people.council_code,
        register_people.person_ref,
        register_people.date_of_birth,
        register_people.sex,
        register_people.role,
        register_people.quarter_date,
        register_clusters.is_founding_record
    FROM register_clusters
    INNER JOIN register_people
        ON register_clusters.council_code = register_people.council_code
        AND register_clusters.person_ref = register_people.person_ref
),

said AS (
    SELECT
        *,
        row_number() OVER (
            PARTITION BY person_id ORDER BY quarter_date DESC, council_code, person_ref
        ) AS recency,
        row_number() OVER (
            PARTITION BY person_id
            ORDER BY CASE WHEN date_of_birth IS NULL THEN 1 ELSE 0 END, quarter_date DESC, council_code, person_ref
        ) AS dob_recency,
        row_number() OVER (
            PARTITION BY person_id
            ORDER BY CASE WHEN sex IS NULL THEN 1 ELSE 0 END, quarter_date DESC, council_code, person_ref
        ) AS sex_recency,
        row_number() OVER (
            PARTITION BY person_id
            ORDER BY CASE WHEN role IS NULL THEN 1 ELSE 0 END, quarter_date DESC, council_code, person_ref
        ) AS role_recency
    FROM records
)

SELECT
    person_id,
    max(CASE WHEN is_founding_record THEN family_id END) AS family_id,
    CAST(date_trunc('month', max(CASE WHEN dob_recency = 1 THEN date_of_birth END)) AS DATE) AS birth_month,
    max(CASE WHEN sex_recency = 1 THEN sex END) AS sex,
    max(CASE WHEN role_recency = 1 THEN role END) AS role,
    max(CASE WHEN recency = 1 THEN council_code END) AS council_code,
    count(*) AS n_register_records
FROM said
GROUP BY person_id
