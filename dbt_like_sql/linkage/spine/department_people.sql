-- Everybody whom a department's extracts name, as they name them.
--
-- One row per extract, reference and distinct identity: a reference stands for one person in all years of an extract, and
-- a person who moves or changes name goes by several identities. identity_number counts them in the order in which the
-- years first gave them, so the highest is the newest. Records of people who have opted out are not here, so
-- that none of them can be linked to somebody else.

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
        identities.extract,
        identities.record_ref,
        identities.forename,
        identities.surname,
        identities.aliases,
        identities.date_of_birth,
        identities.sex,
        identities.postcode,
        identities.upn,
        identities.nino,
        identities.nhs_number,
        min(identities.year_start_date) AS first_year_date,
        max(identities.year_start_date) AS last_year_date
    FROM identities
    LEFT JOIN opted_out_identities
        ON identities.extract = opted_out_identities.extract
        AND identities.record_ref = opted_out_identities.record_ref
    WHERE opted_out_identities.record_ref IS NULL
    GROUP BY
        identities.extract, identities.record_ref, identities.forename, identities.surname, identities.aliases,
        identities.date_of_birth, identities.sex, identities.postcode, identities.upn, identities.nino,
        identities.nhs_number
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
