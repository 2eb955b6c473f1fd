-- How many released people have a linked record, by extract and linkage stage, and in each extract whatever the stage; with
-- the cell keys that decide their rounding.
--
-- People are counted, not links. The row with extract 'all' and stage 'all' counts all released people, linked or not.
-- Unprotected: never published.
WITH linked AS (
    SELECT DISTINCT extract, stage, person_pseudonym
    FROM released_record_links
),

linked_at_all AS (
    SELECT DISTINCT extract, person_pseudonym
    FROM released_record_links
),

counted AS (
    SELECT extract, stage, person_pseudonym FROM linked
    UNION ALL
    SELECT extract, 'all' AS stage, person_pseudonym FROM linked_at_all
    UNION ALL
    SELECT 'all' AS extract, 'all' AS stage, person_pseudonym FROM released_people
)

SELECT
    counted.extract,
    counted.stage,
    count(*) AS n_people,
    CAST(sum(CAST(released.rounding_key AS DECIMAL(38, 0))) % 18446744073709551616 AS UBIGINT) AS people_key
FROM counted
JOIN released_people AS released ON released.person_pseudonym = counted.person_pseudonym
GROUP BY counted.extract, counted.stage
