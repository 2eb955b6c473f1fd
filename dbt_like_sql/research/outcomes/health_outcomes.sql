-- Hospital attendances by window, for everybody: whether there was an emergency attendance, and one for an injury.
-- Null where the person was not linked or the data do not reach.
WITH
counts AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        count(*) FILTER (WHERE attendances.attendance_type = 'emergency') AS n_emergency_attendances,
        count(*) FILTER (WHERE attendances.is_injury) AS n_injury_attendances
    FROM person_windows AS windows
    INNER JOIN hospital_attendances AS attendances
        ON attendances.person_pseudonym = windows.person_pseudonym
        AND attendances.attendance_date >= windows.from_date
        AND attendances.attendance_date < windows.until_date
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_hospital_observed AS is_observed,
    CASE WHEN windows.is_hospital_observed THEN CAST(coalesce(counts.n_emergency_attendances, 0) AS INTEGER) END
        AS n_emergency_attendances,
    CASE WHEN windows.is_hospital_observed THEN coalesce(counts.n_emergency_attendances, 0) > 0 END
        AS is_emergency_attendance,
    CASE WHEN windows.is_hospital_observed THEN coalesce(counts.n_injury_attendances, 0) > 0 END
        AS is_injury_attendance
FROM person_windows AS windows
LEFT JOIN counts
    ON counts.person_pseudonym = windows.person_pseudonym AND counts.outcome_window = windows.outcome_window
WHERE windows.is_half_year
