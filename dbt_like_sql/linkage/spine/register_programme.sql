-- What the programme did with a person, as the council's register last told it.
--
-- One row per council and person reference, from the latest return that holds it: a return is the whole register as it
-- stands, so the latest replaces what an earlier one said. Families that are still waiting have no start date. The end
-- date is inclusive.

SELECT
    council_code,
    person_ref,
    family_ref,
    programme_group,
    assessment_date,
    start_date,
    end_date,
    end_reason,
    is_problem_crime,
    is_problem_attendance,
    is_problem_child_help,
    is_problem_worklessness,
    is_problem_domestic_abuse,
    is_problem_health,
    quarter_date
FROM council_register
QUALIFY row_number() OVER (PARTITION BY council_code, person_ref ORDER BY quarter_date DESC, row_number DESC) = 1
