-- Offending by window, half-years and the whole 24 months, for people aged 10 and over at the index date.
-- Convicted: an offence of the window that ended in a conviction, whenever the court decided. In custody: an offence of
-- the window that brought days in custody. Juvenile outcomes count those aged 10 to 17 at the index date, adult ones
-- those of 18 and over; the other pair is null, and all are null where the data do not reach far enough for the courts.
WITH
flags AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        count(*) AS n_offences,
        bool_or(offences.is_conviction) AS is_convicted,
        bool_or(offences.n_custody_days > 0) AS is_in_custody
    FROM person_windows AS windows
    INNER JOIN offence_events AS offences
        ON offences.person_pseudonym = windows.person_pseudonym
        AND offences.offence_date >= windows.from_date
        AND offences.offence_date < windows.until_date
    WHERE windows.is_juvenile OR windows.is_adult
    GROUP BY windows.person_pseudonym, windows.outcome_window
),

known AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        windows.is_juvenile,
        windows.is_adult,
        windows.is_offences_observed,
        coalesce(flags.n_offences, 0) AS n_offences,
        coalesce(flags.is_convicted, false) AS is_convicted,
        coalesce(flags.is_in_custody, false) AS is_in_custody
    FROM person_windows AS windows
    LEFT JOIN flags
        ON flags.person_pseudonym = windows.person_pseudonym AND flags.outcome_window = windows.outcome_window
    WHERE windows.is_juvenile OR windows.is_adult
)

SELECT
    person_pseudonym,
    outcome_window,
    is_offences_observed AS is_observed,
    CASE WHEN is_offences_observed THEN CAST(n_offences AS INTEGER) END AS n_offences,
    CASE WHEN is_offences_observed AND is_juvenile THEN is_convicted END AS is_convicted_juvenile,
    CASE WHEN is_offences_observed AND is_juvenile THEN is_in_custody END AS is_in_custody_juvenile,
    CASE WHEN is_offences_observed AND is_adult THEN is_convicted END AS is_convicted_adult,
    CASE WHEN is_offences_observed AND is_adult THEN is_in_custody END AS is_in_custody_adult
FROM known
