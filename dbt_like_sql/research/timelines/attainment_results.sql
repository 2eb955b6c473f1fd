-- Key stage results of linked pupils. The series break in 2015/16 (levels and five A* to C before, scaled scores and
-- Attainment 8 after): both are kept apart and never joined. A result sent again in a later file replaces the earlier.
-- Tests are sat in May (KS2) and June (KS4); the first of that month stands for the day.
SELECT
    links.person_pseudonym,
    results.academic_year,
    results.key_stage,
    make_date(results.academic_year + 1, CASE results.key_stage WHEN 'KS2' THEN 5 ELSE 6 END, 1) AS result_date,
    results.ks2_reading_scaled,
    results.ks2_maths_scaled,
    results.ks2_reading_level,
    results.ks2_maths_level,
    results.ks4_attainment8,
    results.is_ks4_five_ac
FROM attainment_attributes AS results
INNER JOIN released_record_links AS links
    ON links.extract = 'attainment' AND links.record_key = results.record_key
QUALIFY row_number() OVER (
    PARTITION BY links.person_pseudonym, results.academic_year, results.key_stage
    ORDER BY results.year_start_date DESC, results.record_key
) = 1
