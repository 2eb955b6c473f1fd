-- Employment by window, for adults at the index date: whether a spell overlaps the window. `is_default_date_only` marks
-- those whose only spells began on a default date (5 or 6 April), so that their start is not known. Null where the
-- person was not linked or the data do not reach.
WITH
flags AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        bool_and(spells.is_default_date) AS is_default_date_only
    FROM person_windows AS windows
    INNER JOIN employment_spells AS spells
        ON spells.person_pseudonym = windows.person_pseudonym
        AND spells.start_date < windows.until_date
        AND coalesce(spells.end_date, DATE '9999-12-31') >= windows.from_date
    WHERE windows.is_adult
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_employment_observed AS is_observed,
    CASE WHEN windows.is_employment_observed THEN flags.person_pseudonym IS NOT NULL END AS is_employed,
    CASE WHEN windows.is_employment_observed THEN coalesce(flags.is_default_date_only, false) END
        AS is_default_date_only
FROM person_windows AS windows
LEFT JOIN flags
    ON flags.person_pseudonym = windows.person_pseudonym AND flags.outcome_window = windows.outcome_window
WHERE windows.is_adult AND windows.is_half_year
