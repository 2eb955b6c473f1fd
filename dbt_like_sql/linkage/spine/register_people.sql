-- A person as a council's register last named them.
--
-- One row per council and person reference, from the latest return that holds it. A number that the latest return leaves
-- blank is carried over from the last return that gave it. first_received_at is when the first return of the person's
-- first quarter came, a return that was corrected since included: that order does not change when a council corrects
-- itself, and person ids hang on it. Whoever has opted out is not here, nor in anything that comes after.

WITH first_receipts AS (
    SELECT council_code, quarter_date, min(received_at) AS first_received_at
    FROM return_receipts
    WHERE verdict IN ('current', 'superseded')
    GROUP BY council_code, quarter_date
),

mentions AS (
    SELECT
        council_register.council_code,
        council_register.person_ref,
        council_register.family_ref,
        council_register.forename,
        council_register.surname,
        council_register.date_of_birth,
        council_register.sex,
        council_register.postcode,
        council_register.address,
        council_register.upn,
        council_register.nino,
        council_register.role,
        council_register.quarter_date,
        council_register.row_number,
        coalesce(first_receipts.first_received_at, council_register.received_at) AS received_at
    FROM council_register
    LEFT JOIN first_receipts
        ON council_register.council_code = first_receipts.council_code
        AND council_register.quarter_date = first_receipts.quarter_date
    LEFT JOIN opted_out_records
        ON council_register.council_code = opted_out_records.council_code
        AND council_register.person_ref = opted_out_records.person_ref
    WHERE opted_out_records.person_ref IS NULL
),

ranked AS (
    SELECT
        *,
        min(received_at) OVER (PARTITION BY council_code, person_ref) AS first_received_at,
        min(quarter_date) OVER (PARTITION BY council_code, person_ref) AS first_quarter_date,
        max(CASE WHEN upn IS NOT NULL THEN quarter_date END) OVER (PARTITION BY council_code, person_ref) AS upn_date,
        max(CASE WHEN nino IS NOT NULL THEN quarter_date END) OVER (PARTITION BY council_code, person_ref) AS nino_date,
        row_number() OVER (
            PARTITION BY council_code, person_ref ORDER BY quarter_date DESC, row_number DESC
        ) AS recency
    FROM mentions
),

last_numbers AS (
    SELECT
        council_code,
        person_ref,
        max(CASE WHEN quarter_date = upn_date THEN upn END) AS upn,
        max(CASE WHEN quarter_date = nino_date THEN nino END) AS nino
    FROM ranked
    GROUP BY council_code, person_ref
)

SELECT
    ranked.council_code,
    ranked.person_ref,
    ranked.family_ref,
    ranked.forename,
    ranked.surname,
    ranked.date_of_birth,
    ranked.sex,
    ranked.postcode,
    ranked.address,
    last_numbers.upn,
    last_numbers.nino,
    ranked.role,
    ranked.quarter_date,
    ranked.first_quarter_date,
    ranked.first_received_at
FROM ranked
INNER JOIN last_numbers
    ON ranked.council_code = last_numbers.council_code
    AND ranked.person_ref = last_numbers.person_ref
WHERE ranked.recency = 1
