-- Every outcome that is known, in one long table: yes is 1 and no is 0. A row that is not there is not known: the person
-- is not of the age that the outcome counts, was not linked, or the data do not reach.
SELECT person_pseudonym, 'is_persistently_absent' AS outcome, outcome_window, CAST(CASE WHEN is_persistently_absent THEN 1.0 ELSE 0.0 END AS DOUBLE) AS value
FROM attendance_outcomes
WHERE is_persistently_absent IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'absence_rate', outcome_window, CAST(absence_rate AS DOUBLE)
FROM attendance_outcomes
WHERE absence_rate IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_ks2_expected', outcome_window, CASE WHEN is_ks2_expected THEN 1.0 ELSE 0.0 END
FROM attainment_outcomes
WHERE is_ks2_expected IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'ks4_attainment8', outcome_window, CAST(ks4_attainment8 AS DOUBLE)
FROM attainment_outcomes
WHERE ks4_attainment8 IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_looked_after', outcome_window, CASE WHEN is_looked_after THEN 1.0 ELSE 0.0 END
FROM child_safety_outcomes
WHERE is_looked_after IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_on_protection_plan', outcome_window, CASE WHEN is_on_protection_plan THEN 1.0 ELSE 0.0 END
FROM child_safety_outcomes
WHERE is_on_protection_plan IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_child_in_need', outcome_window, CASE WHEN is_child_in_need THEN 1.0 ELSE 0.0 END
FROM child_safety_outcomes
WHERE is_child_in_need IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_convicted_juvenile', outcome_window, CASE WHEN is_convicted_juvenile THEN 1.0 ELSE 0.0 END
FROM offending_outcomes
WHERE is_convicted_juvenile IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_in_custody_juvenile', outcome_window, CASE WHEN is_in_custody_juvenile THEN 1.0 ELSE 0.0 END
FROM offending_outcomes
WHERE is_in_custody_juvenile IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_convicted_adult', outcome_window, CASE WHEN is_convicted_adult THEN 1.0 ELSE 0.0 END
FROM offending_outcomes
WHERE is_convicted_adult IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_in_custody_adult', outcome_window, CASE WHEN is_in_custody_adult THEN 1.0 ELSE 0.0 END
FROM offending_outcomes
WHERE is_in_custody_adult IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_on_jsa', outcome_window, CASE WHEN is_on_jsa THEN 1.0 ELSE 0.0 END
FROM benefit_outcomes
WHERE is_on_jsa IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_on_out_of_work_benefit', outcome_window, CASE WHEN is_on_out_of_work_benefit THEN 1.0 ELSE 0.0 END
FROM benefit_outcomes
WHERE is_on_out_of_work_benefit IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_employed', outcome_window, CASE WHEN is_employed THEN 1.0 ELSE 0.0 END
FROM employment_outcomes
WHERE is_employed IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_emergency_attendance', outcome_window, CASE WHEN is_emergency_attendance THEN 1.0 ELSE 0.0 END
FROM health_outcomes
WHERE is_emergency_attendance IS NOT NULL
UNION ALL
SELECT person_pseudonym, 'is_injury_attendance', outcome_window, CASE WHEN is_injury_attendance THEN 1.0 ELSE 0.0 END
FROM health_outcomes
WHERE is_injury_attendance IS NOT NULL
