-- Who is who: the person that each source record belongs to.
--
-- One row per source record: a council's register record (source `register`, reference `council code|person reference`) or
-- a linked record of a department's extract (source is the extract's name). A department's record that belongs to nobody
-- on a register is not here. match_weight and probability are empty for register records, which keys alone bring together.

SELECT
    'register' AS source,
    concat(council_code, '|', person_ref) AS source_ref,
    person_id,
    stage,
    CAST(NULL AS DOUBLE) AS match_weight,
    CAST(NULL AS DOUBLE) AS probability
FROM register_clusters

UNION ALL

SELECT
    extract AS source,
    record_ref AS source_ref,
    person_id,
    stage,
    match_weight,
    probability
FROM record_links
