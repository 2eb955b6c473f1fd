-- Each eligible person's windows, counted from the index date or, the placebo, from the baseline, and for each extract
-- whether the person could be seen in it.
-- A window runs from its start up to, but without, `until_date`. An extract is observed if one unbroken span of its
-- years holds the whole window and the time its news takes to arrive; and, where the extract holds everybody of the
-- age, if the person was linked to it. Elsewhere no record means that nothing happened.
WITH
windows AS (
    SELECT
        days.anchor_date,
        days.is_from_baseline,
        outcome_windows.outcome_window,
        outcome_windows.is_half_year,
        CAST(days.anchor_date + INTERVAL 1 MONTH * outcome_windows.from_month AS DATE) AS from_date,
        CAST(days.anchor_date + INTERVAL 1 MONTH * outcome_windows.to_month AS DATE) AS until_date
    FROM (
        SELECT DISTINCT index_date AS anchor_date, false AS is_from_baseline FROM eligible_people
        UNION ALL
        SELECT DISTINCT baseline_date, true FROM eligible_people
    ) AS days
    INNER JOIN outcome_windows ON outcome_windows.is_from_baseline = days.is_from_baseline
),

reached AS (
    SELECT
        windows.anchor_date,
        windows.outcome_window,
        spans.extract
    FROM windows
    CROSS JOIN observed_spans AS spans
    INNER JOIN extract_rules AS rules ON rules.extract = spans.extract
    WHERE spans.span_start_date <= windows.from_date
        AND CAST(windows.until_date + INTERVAL 1 MONTH * rules.lag_months - INTERVAL 1 DAY AS DATE) <= spans.span_end_date
),

reach AS (
    SELECT
        windows.anchor_date,
        windows.is_from_baseline,
        windows.outcome_window,
        windows.is_half_year,
        windows.from_date,
        windows.until_date,
        coalesce(bool_or(reached.extract = 'attendance'), false) AS has_attendance,
        coalesce(bool_or(reached.extract = 'attainment'), false) AS has_attainment,
        coalesce(bool_or(reached.extract = 'social_care'), false) AS has_social_care,
        coalesce(bool_or(reached.extract = 'offences'), false) AS has_offences,
        coalesce(bool_or(reached.extract = 'benefits'), false) AS has_benefits,
        coalesce(bool_or(reached.extract = 'employment'), false) AS has_employment,
        coalesce(bool_or(reached.extract = 'hospital'), false) AS has_hospital
    FROM windows
    LEFT JOIN reached
        ON reached.anchor_date = windows.anchor_date AND reached.outcome_window = windows.outcome_window
    GROUP BY
        windows.anchor_date, windows.is_from_baseline, windows.outcome_window, windows.is_half_year,
        windows.from_date, windows.until_date
),

anchored AS (
    SELECT *, index_date AS anchor_date, false AS is_from_baseline FROM eligible_people
    UNION ALL
    SELECT *, baseline_date, true FROM eligible_people
),

seen AS (
    -- extracts in which somebody's silence speaks: linked, or silence means that nothing happened
    SELECT people.person_pseudonym, rules.extract
    FROM eligible_people AS people
    CROSS JOIN extract_rules AS rules
    LEFT JOIN (SELECT DISTINCT person_pseudonym, extract FROM released_record_links) AS links
        ON links.person_pseudonym = people.person_pseudonym AND links.extract = rules.extract
    WHERE links.extract IS NOT NULL OR NOT rules.is_unlinked_unknown
),

seen_people AS (
    SELECT
        person_pseudonym,
        bool_or(extract = 'attendance') AS in_attendance,
        bool_or(extract = 'attainment') AS in_attainment,
        bool_or(extract = 'social_care') AS in_social_care,
        bool_or(extract = 'offences') AS in_offences,
        bool_or(extract = 'benefits') AS in_benefits,
        bool_or(extract = 'employment') AS in_employment,
        bool_or(extract = 'hospital') AS in_hospital
    FROM seen
    GROUP BY person_pseudonym
)

SELECT
    people.person_pseudonym,
    reach.outcome_window,
    reach.is_half_year,
    reach.from_date,
    reach.until_date,
    people.is_child AND NOT (
        $is_censored_at_18
        AND people.birth_month + INTERVAL 1 YEAR * $adult_age < reach.until_date
    ) AS is_child,
    people.is_juvenile,
    people.is_adult,
    people.is_school_age,
    reach.has_attendance AND seen_people.in_attendance AS is_attendance_observed,
    reach.has_attainment AND seen_people.in_attainment AS is_attainment_observed,
    reach.has_social_care AND seen_people.in_social_care AS is_social_care_observed,
    reach.has_offences AND seen_people.in_offences AS is_offences_observed,
    reach.has_benefits AND seen_people.in_benefits AS is_benefits_observed,
    reach.has_employment AND seen_people.in_employment AS is_employment_observed,
    reach.has_hospital AND seen_people.in_hospital AS is_hospital_observed
FROM anchored AS people
INNER JOIN reach ON reach.anchor_date = people.anchor_date AND reach.is_from_baseline = people.is_from_baseline
INNER JOIN seen_people ON seen_people.person_pseudonym = people.person_pseudonym
