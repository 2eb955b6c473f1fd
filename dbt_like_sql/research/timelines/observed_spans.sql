-- How far each extract's data reach: one row for each unbroken run of published years. What happened in a year that
-- has not arrived is unknown, not absent, so an outcome is counted only inside one of these spans.
WITH
years AS (
    SELECT DISTINCT 'attendance' AS extract, year_start_date FROM attendance_attributes
    UNION ALL
    SELECT DISTINCT 'attainment', year_start_date FROM attainment_attributes
    UNION ALL
    SELECT DISTINCT 'social_care', year_start_date FROM social_care_attributes
    UNION ALL
    SELECT DISTINCT 'offences', year_start_date FROM offences_attributes
    UNION ALL
    SELECT DISTINCT 'benefits', year_start_date FROM benefits_attributes
    UNION ALL
    SELECT DISTINCT 'employment', year_start_date FROM employment_attributes
    UNION ALL
    SELECT DISTINCT 'hospital', year_start_date FROM hospital_attributes
),

runs AS (
    -- within an unbroken run the year grows as fast as its rank, so their difference is the run's name
    SELECT
        extract,
        year_start_date,
        year(year_start_date) - row_number() OVER (PARTITION BY extract ORDER BY year_start_date) AS run
    FROM years
)

SELECT
    extract,
    min(year_start_date) AS span_start_date,
    CAST(max(year_start_date) + INTERVAL 1 YEAR - INTERVAL 1 DAY AS DATE) AS span_end_date,
    CAST(count(*) AS INTEGER) AS n_years
FROM runs
GROUP BY extract, run
