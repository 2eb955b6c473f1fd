-- Everybody whom a department's extracts name, as they name them.
--
-- One row per extract, reference and distinct identity: a reference stands for one person in all years of an extract, and
-- a person who moves or changes name goes by several identities. identity_number counts them in the order in which the
-- years first gave them, so the highest is the newest.

WITH identities AS (
    SELECT 'attendance' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM attendance_identities
    UNION ALL
    SELECT 'attainment' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM attainment_identities
    UNION ALL
    SELECT 'social_care' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM social_care_identities
    UNION ALL
    SELECT 'offences' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM offences_identities
    UNION ALL
    SELECT 'benefits' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM benefits_identities
    UNION ALL
    SELECT 'employment' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM employment_identities
    UNION ALL
    SELECT 'hospital' AS extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number, year_start_date
    FROM hospital_identities
),

distinct_identities AS (
    SELECT
        extract,
        record_ref,
        forename,
        surname,
        aliases,
        date_of_birth,
        sex,
        postcode,
        upn,
        nino,
        nhs_number,
        min(year_start_date) AS first_year_date,
        max(year_start_date) AS last_year_date
    FROM identities
    GROUP BY
        extract, record_ref, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino, nhs_number
)

SELECT
    extract,
    record_ref,
    row_number() OVER (
        PARTITION BY extract, record_ref
        ORDER BY
            first_year_date, last_year_date, forename, surname, aliases, date_of_birth, sex, postcode, upn, nino,
            nhs_number
    ) AS identity_number,
    forename,
    surname,
    aliases,
    date_of_birth,
    sex,
    postcode,
    upn,
    nino,
    nhs_number,
    first_year_date,
    last_year_date
FROM distinct_identities
