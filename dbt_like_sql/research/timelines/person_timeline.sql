-- Everything dated that is known of a person, in one long table: what a statistician reads first.
-- Point events end on the day they start; an open spell has no end. School terms are in attendance_terms.
SELECT person_pseudonym, 'programme' AS domain, 'assessment' AS event_type,
    assessment_date AS start_date, assessment_date AS end_date
FROM released_programme_spells
WHERE assessment_date IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'programme', 'programme', start_date, end_date
FROM released_programme_spells
WHERE start_date IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'attainment', key_stage, result_date, result_date
FROM attainment_results
UNION ALL
SELECT person_pseudonym, 'social_care', episode_type, start_date, end_date
FROM social_care_episodes
UNION ALL
SELECT person_pseudonym, 'offences', disposal, offence_date, offence_date
FROM offence_events
UNION ALL
SELECT person_pseudonym, 'benefits', benefit, start_date, end_date
FROM benefit_spells
UNION ALL
SELECT person_pseudonym, 'employment', 'employment', start_date, end_date
FROM employment_spells
UNION ALL
SELECT person_pseudonym, 'hospital', attendance_type, attendance_date, attendance_date
FROM hospital_attendances
