-- School absence by window, for people of compulsory school age at the index date.
-- A term belongs to the window in which it begins, so to one only. Persistent absence is judged by the threshold of each
-- term's own year: the sessions missed reach what those thresholds allow together. Null where the data do not reach or
-- the person had no session to attend.
WITH
sums AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        sum(terms.n_sessions_possible) AS n_possible,
        sum(terms.n_sessions_authorised + terms.n_sessions_unauthorised) AS n_absent,
        sum(terms.n_sessions_possible * thresholds.share) AS n_threshold,
        sum(terms.n_exclusions) AS n_exclusions
    FROM person_windows AS windows
    INNER JOIN attendance_terms AS terms
        ON terms.person_pseudonym = windows.person_pseudonym
        AND terms.term_start_date >= windows.from_date
        AND terms.term_start_date < windows.until_date
    INNER JOIN persistent_absence_thresholds AS thresholds
        ON terms.academic_year >= thresholds.from_year AND terms.academic_year <= thresholds.to_year
    WHERE windows.is_school_age AND windows.is_attendance_observed AND windows.is_half_year
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_attendance_observed AS is_observed,
    CAST(sums.n_possible AS INTEGER) AS n_sessions_possible,
    CAST(sums.n_absent AS INTEGER) AS n_sessions_absent,
    CAST(sums.n_exclusions AS INTEGER) AS n_exclusions,
    sums.n_absent / nullif(sums.n_possible, 0) AS absence_rate,
    CASE WHEN sums.n_possible > 0 THEN sums.n_absent >= sums.n_threshold - 0.000001 END AS is_persistently_absent
FROM person_windows AS windows
LEFT JOIN sums
    ON sums.person_pseudonym = windows.person_pseudonym AND sums.outcome_window = windows.outcome_window
WHERE windows.is_school_age AND windows.is_half_year
