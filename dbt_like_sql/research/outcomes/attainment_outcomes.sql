-- Key stage results that fall in a window, for children at the index date. Only the scaled scores and Attainment 8 of
-- 2015/16 and later: the earlier series is another measure. Expected at key stage 2: reading and maths both at least the
-- expected standard. Null where no result of that stage falls in the window.
WITH
results AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        bool_and(results.ks2_reading_scaled >= $expected_score AND results.ks2_maths_scaled >= $expected_score)
            FILTER (
                WHERE results.key_stage = 'KS2'
                    AND results.ks2_reading_scaled IS NOT NULL
                    AND results.ks2_maths_scaled IS NOT NULL
            ) AS is_ks2_expected,
        max(results.ks4_attainment8) FILTER (WHERE results.key_stage = 'KS4') AS ks4_attainment8
    FROM person_windows AS windows
    INNER JOIN attainment_results AS results
        ON results.person_pseudonym = windows.person_pseudonym
        AND results.result_date >= windows.from_date
        AND results.result_date < windows.until_date
    WHERE windows.is_child AND windows.is_attainment_observed AND windows.is_half_year
        AND results.academic_year >= $first_scaled_year
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_attainment_observed AS is_observed,
    results.is_ks2_expected,
    results.ks4_attainment8
FROM person_windows AS windows
LEFT JOIN results
    ON results.person_pseudonym = windows.person_pseudonym AND results.outcome_window = windows.outcome_window
WHERE windows.is_child AND windows.is_half_year
