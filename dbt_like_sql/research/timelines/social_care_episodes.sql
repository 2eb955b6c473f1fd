-- Children's social care episodes of linked children: referrals, child in need, protection plans, looked-after episodes.
-- An episode is in the file of each year that it touches; the latest file knows its end. End dates are inclusive, an
-- open episode has none. A looked-after child has many episodes: count children, not episodes.
SELECT
    links.person_pseudonym,
    episodes.episode_type,
    episodes.start_date,
    episodes.end_date,
    episodes.abuse_category,
    episodes.legal_status,
    episodes.placement,
    episodes.reason_ceased
FROM social_care_attributes AS episodes
INNER JOIN released_record_links AS links
    ON links.extract = 'social_care' AND links.record_key = episodes.record_key
QUALIFY row_number() OVER (
    PARTITION BY links.person_pseudonym, episodes.episode_type, episodes.start_date
    ORDER BY episodes.year_start_date DESC, episodes.end_date DESC NULLS FIRST, episodes.record_key
) = 1
