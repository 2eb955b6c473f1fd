-- Benefits by window, for adults at the index date: whether a spell overlaps the window.
-- Universal Credit replaces JSA from 2013 on, so less JSA may be more Universal Credit: out-of-work benefits are all six
-- together. (The extract does not say which Universal Credit claimants were in work.) Null where the person was not
-- linked or the data do not reach.
WITH
flags AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        bool_or(spells.benefit = 'JSA') AS is_on_jsa,
        bool_or(spells.benefit = 'UC') AS is_on_universal_credit
    FROM person_windows AS windows
    INNER JOIN benefit_spells AS spells
        ON spells.person_pseudonym = windows.person_pseudonym
        AND spells.start_date < windows.until_date
        AND coalesce(spells.end_date, DATE '9999-12-31') >= windows.from_date
    WHERE windows.is_adult
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_benefits_observed AS is_observed,
    CASE WHEN windows.is_benefits_observed THEN coalesce(flags.is_on_jsa, false) END AS is_on_jsa,
    CASE WHEN windows.is_benefits_observed THEN coalesce(flags.is_on_universal_credit, false) END
        AS is_on_universal_credit,
    CASE WHEN windows.is_benefits_observed THEN flags.person_pseudonym IS NOT NULL END AS is_on_out_of_work_benefit
FROM person_windows AS windows
LEFT JOIN flags
    ON flags.person_pseudonym = windows.person_pseudonym AND flags.outcome_window = windows.outcome_window
WHERE windows.is_adult AND windows.is_half_year
