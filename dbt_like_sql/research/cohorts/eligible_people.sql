-- Who is in the evaluation, in which arm, and from which day their outcomes count.
SELECT
    person_pseudonym,
    family_pseudonym,
    council_code,
    region_code,
    arm,
    index_date,
    assessment_date,
    baseline_date,
    sex,
    birth_month,
    age_at_index,
    age_at_index < $adult_age AS is_child,
    age_at_index >= $juvenile_age AND age_at_index < $adult_age AS is_juvenile,
    age_at_index >= $adult_age AS is_adult,
    age_at_index >= $school_age_from AND age_at_index <= $school_age_to AS is_school_age
FROM cohort_candidates
WHERE exclusion IS NULL
