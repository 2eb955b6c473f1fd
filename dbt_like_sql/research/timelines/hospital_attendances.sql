-- Hospital attendances of linked people; two of the same day and type stay two.
SELECT
    links.person_pseudonym,
    CAST(row_number() OVER (
        PARTITION BY links.person_pseudonym
        ORDER BY
            attendances.attendance_date, attendances.attendance_type, attendances.is_injury, attendances.record_key
    ) AS INTEGER) AS event_number,
    attendances.attendance_date,
    attendances.attendance_type,
    coalesce(attendances.is_injury, false) AS is_injury
FROM hospital_attributes AS attendances
INNER JOIN released_record_links AS links
    ON links.extract = 'hospital' AND links.record_key = attendances.record_key
