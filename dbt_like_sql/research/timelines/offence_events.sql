-- Offences of linked people with what became of them. Offence date and disposal date are kept apart because
-- convictions lag offences. A caution is not a conviction. An offence is in the file of the year of its disposal, so in
-- one file only; a second offence of the same day stays a second offence.
SELECT
    links.person_pseudonym,
    CAST(row_number() OVER (
        PARTITION BY links.person_pseudonym
        ORDER BY
            offences.offence_date, offences.disposal_date, offences.record_key, offences.offence_group,
            offences.disposal, offences.n_custody_days, offences.is_domestic_abuse
    ) AS INTEGER) AS event_number,
    offences.offence_date,
    offences.disposal_date,
    offences.offence_group,
    offences.disposal,
    offences.disposal = 'conviction' AS is_conviction,
    coalesce(offences.n_custody_days, 0) AS n_custody_days,
    coalesce(offences.is_domestic_abuse, false) AS is_domestic_abuse
FROM offences_attributes AS offences
INNER JOIN released_record_links AS links
    ON links.extract = 'offences' AND links.record_key = offences.record_key
