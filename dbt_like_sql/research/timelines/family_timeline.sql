-- What began in a family, month by month: events of each kind, and how many of its people they concern.
SELECT
    people.family_pseudonym,
    events.domain,
    events.event_type,
    CAST(date_trunc('month', events.start_date) AS DATE) AS month_date,
    CAST(count(*) AS INTEGER) AS n_events,
    CAST(count(DISTINCT events.person_pseudonym) AS INTEGER) AS n_people
FROM person_timeline AS events
INNER JOIN released_people AS people ON people.person_pseudonym = events.person_pseudonym
GROUP BY people.family_pseudonym, events.domain, events.event_type, CAST(date_trunc('month', events.start_date) AS DATE)
