-- Children's social care by window, for people under 18 at the index date: whether an episode overlaps the window.
-- Null where the data do not reach.
WITH
flags AS (
    SELECT
        windows.person_pseudonym,
        windows.outcome_window,
        bool_or(episodes.episode_type = 'looked_after') AS is_looked_after,
        bool_or(episodes.episode_type = 'protection_plan') AS is_on_protection_plan,
        bool_or(episodes.episode_type = 'child_in_need') AS is_child_in_need
    FROM person_windows AS windows
    INNER JOIN social_care_episodes AS episodes
        ON episodes.person_pseudonym = windows.person_pseudonym
        AND episodes.start_date < windows.until_date
        AND coalesce(episodes.end_date, DATE '9999-12-31') >= windows.from_date
    WHERE windows.is_child
    GROUP BY windows.person_pseudonym, windows.outcome_window
)

SELECT
    windows.person_pseudonym,
    windows.outcome_window,
    windows.is_social_care_observed AS is_observed,
    CASE WHEN windows.is_social_care_observed THEN coalesce(flags.is_looked_after, false) END AS is_looked_after,
    CASE WHEN windows.is_social_care_observed THEN coalesce(flags.is_on_protection_plan, false) END
        AS is_on_protection_plan,
    CASE WHEN windows.is_social_care_observed THEN coalesce(flags.is_child_in_need, false) END AS is_child_in_need
FROM person_windows AS windows
LEFT JOIN flags
    ON flags.person_pseudonym = windows.person_pseudonym AND flags.outcome_window = windows.outcome_window
WHERE windows.is_child AND windows.is_half_year
