-- School absence of linked pupils, term by term, in half-day sessions.
-- A pupil who changed school within a term has two records of it, so sessions are added up; special educational need
-- is the highest of them. Dates are the conventional ones of a term in England: a term's file says which term, not when.
SELECT
    links.person_pseudonym,
    terms.academic_year,
    terms.term,
    make_date(
        CASE terms.term WHEN 'autumn' THEN terms.academic_year ELSE terms.academic_year + 1 END,
        CASE terms.term WHEN 'autumn' THEN 9 WHEN 'spring' THEN 1 ELSE 4 END,
        1
    ) AS term_start_date,
    make_date(
        CASE terms.term WHEN 'autumn' THEN terms.academic_year ELSE terms.academic_year + 1 END,
        CASE terms.term WHEN 'autumn' THEN 12 WHEN 'spring' THEN 3 ELSE 7 END,
        31
    ) AS term_end_date,
    CAST(sum(terms.n_sessions_possible) AS INTEGER) AS n_sessions_possible,
    CAST(sum(terms.n_sessions_authorised) AS INTEGER) AS n_sessions_authorised,
    CAST(sum(terms.n_sessions_unauthorised) AS INTEGER) AS n_sessions_unauthorised,
    CAST(sum(terms.n_exclusions) AS INTEGER) AS n_exclusions,
    coalesce(bool_or(terms.is_fsm_eligible), false) AS is_fsm_eligible,
    CASE max(CASE terms.sen_provision WHEN 'E' THEN 2 WHEN 'K' THEN 1 WHEN 'N' THEN 0 END)
        WHEN 2 THEN 'E' WHEN 1 THEN 'K' WHEN 0 THEN 'N'
    END AS sen_provision,
    min(terms.language) AS language,
    min(terms.ethnic_group) AS ethnic_group
FROM attendance_attributes AS terms
INNER JOIN released_record_links AS links
    ON links.extract = 'attendance' AND links.record_key = terms.record_key
GROUP BY links.person_pseudonym, terms.academic_year, terms.term
