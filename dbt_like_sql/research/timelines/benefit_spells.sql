-- Benefit spells of linked people. A spell is in the file of each year that it touches; the latest file knows its end.
-- End dates are inclusive, an open spell has none. Short spells are missed by the scans that the extract is made of.
SELECT
    links.person_pseudonym,
    spells.benefit,
    spells.start_date,
    spells.end_date
FROM benefits_attributes AS spells
INNER JOIN released_record_links AS links
    ON links.extract = 'benefits' AND links.record_key = spells.record_key
QUALIFY row_number() OVER (
    PARTITION BY links.person_pseudonym, spells.benefit, spells.start_date
    ORDER BY spells.year_start_date DESC, spells.end_date DESC NULLS FIRST, spells.record_key
) = 1
