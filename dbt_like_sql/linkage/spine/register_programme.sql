-- What the programme did with a person, as the council's register last told it.
--
-- One row per council and person reference, from the latest return that holds it: a return is the whole register as it
-- stands, so the latest replaces what an earlier one said. Families that are still waiting have no start date. The end
-- date is inclusive. Whoever has opted out is not here.

SELECT
    council_register.council_code,
    council_register.person_ref,
    council_register.family_ref,
    council_register.programme_group,
    council_register.assessment_date,
    council_register.start_date,
    council_register.end_date,
    council_register.end_reason,
    council_register.is_problem_crime,
    council_register.is_problem_attendance,
    council_register.is_problem_child_help,
    council_register.is_problem_worklessness,
    council_register.is_problem_domestic_abuse,
    council_register.is_problem_health,
    council_register.quarter_date
FROM council_register
LEFT JOIN opted_out_records
    ON council_register.council_code = opted_out_records.council_code
    AND council_register.person_ref = opted_out_records.person_ref
WHERE opted_out_records.person_ref IS NULL
QUALIFY
    row_number() OVER (
        PARTITION BY council_register.council_code, council_register.person_ref
        ORDER BY council_register.quarter_date DESC, council_register.row_number DESC
    ) = 1
