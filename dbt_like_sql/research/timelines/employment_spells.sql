-- Employment spells of linked people. A spell is in the file of each tax year that it touches; the latest file knows
-- its end. A start on 5 or 6 April is the default of a return whose date was left out: it is marked, not mended.
SELECT
    links.person_pseudonym,
    coalesce(spells.employer_ref, '') AS employer_ref,
    spells.start_date,
    spells.end_date,
    month(spells.start_date) = 4 AND day(spells.start_date) IN (5, 6) AS is_default_date
FROM employment_attributes AS spells
INNER JOIN released_record_links AS links
    ON links.extract = 'employment' AND links.record_key = spells.record_key
QUALIFY row_number() OVER (
    PARTITION BY links.person_pseudonym, coalesce(spells.employer_ref, ''), spells.start_date
    ORDER BY spells.year_start_date DESC, spells.end_date DESC NULLS FIRST, spells.record_key
) = 1
