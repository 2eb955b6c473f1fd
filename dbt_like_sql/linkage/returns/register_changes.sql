-- What a council's return says otherwise than the council's earlier returns, and who stands with two councils at once.
--
-- One row per finding: a row of a return and a rule; row 0 stands for the return as a whole. A person is held against
-- what was first said of the same reference. What then stands in two returns is taken for right and no longer told, so
-- that a mended slip is not told a second time and a true change is told twice at most. Families are held against the
-- last return that named the person.

WITH rules AS (
    SELECT *
    FROM (VALUES
        ('status_reversed', 'programme_group', 'An earlier return had the person on the programme; this one says awaiting.', 'Write programme, with an end date if the work has ended.'),
        ('start_changed', 'start_date', 'The start date is not that of the earlier returns.', 'Send the day on which work first began, or tell us that the earlier date was wrong.'),
        ('family_split', 'family_ref', 'People who stood in one family now stand in two; this person has left the family reference of the others.', 'Keep the family reference for as long as the programme works with them as one family.'),
        ('families_merged', 'family_ref', 'People of two families now stand in one; this person had another family reference.', 'Keep the two references, or tell us that the families are one.'),
        ('person_moved_family', 'family_ref', 'The person has moved from one family to another that was on the register before.', 'Check the family reference; if the move is right there is nothing to mend.'),
        ('birth_changed', 'date_of_birth', 'The date of birth is not that of the earlier returns.', 'Send the right date of birth in all returns.'),
        ('birth_day_month_swapped', 'date_of_birth', 'Day and month of the date of birth have changed places since the earlier returns.', 'Send the right date of birth, written DD/MM/YYYY.'),
        ('names_swapped', 'forename', 'Forename and surname have changed places since the earlier returns.', 'Put each name into its own column.'),
        ('sex_changed', 'sex', 'The sex is not that of the earlier returns.', 'Check it and send it right in all returns.'),
        ('person_ref_reused', 'person_ref', 'The person reference stood for another person in the earlier returns.', 'Give each person a reference of their own and never use it again.'),
        ('families_vanished', 'family_ref', 'Families that were on the programme without an end date are not among the usable rows of this return.', 'Keep them in the return and add the end date when the work has ended.'),
        ('person_in_two_councils', 'person_ref', 'The person stands on the register of another council in this quarter as well.', 'If the family has moved away, add the end date.')
    ) AS listed(rule, field, sentence, advice)
),

returns AS (
    SELECT
        council_code,
        quarter_date,
        lag(quarter_date) OVER (PARTITION BY council_code ORDER BY quarter_date) AS previous_quarter_date,
        lead(quarter_date) OVER (PARTITION BY council_code ORDER BY quarter_date) AS following_quarter_date,
        row_number() OVER (PARTITION BY council_code ORDER BY quarter_date DESC) AS n_returns_left
    FROM (SELECT DISTINCT council_code, quarter_date FROM council_register) AS sent
),

people AS (
    SELECT
        council_code,
        person_ref,
        min(forename) AS forename,
        min(surname) AS surname,
        min(date_of_birth) AS date_of_birth,
        max(upn) AS upn,
        max(nino) AS nino,
        min(sex) AS sex,
        min(quarter_date) AS first_quarter_date,
        count(*) AS n_mentions,
        coalesce(
            min(date_of_birth) <> max(date_of_birth)
            OR min(sex) <> max(sex)
            OR min(start_date) <> max(start_date)
            OR min(family_ref) <> max(family_ref)
            OR (min(forename) <> max(forename) AND min(surname) <> max(surname))
            OR max(CASE WHEN programme_group = 'awaiting' THEN quarter_date END)
                > min(CASE WHEN programme_group = 'programme' THEN quarter_date END),
            false
        ) AS is_varied
    FROM council_register
    GROUP BY council_code, person_ref
),

followed_people AS (
    SELECT people.council_code, people.person_ref
    FROM people
    INNER JOIN returns
        ON people.council_code = returns.council_code
        AND people.first_quarter_date = returns.quarter_date
    WHERE people.is_varied OR people.n_mentions < returns.n_returns_left
),

followed AS (
    SELECT
        council_register.council_code,
        council_register.quarter_date,
        council_register.row_number,
        council_register.person_ref,
        council_register.family_ref,
        council_register.forename,
        council_register.surname,
        council_register.date_of_birth,
        council_register.sex,
        council_register.programme_group,
        council_register.start_date,
        council_register.end_date
    FROM council_register
    INNER JOIN followed_people
        ON council_register.council_code = followed_people.council_code
        AND council_register.person_ref = followed_people.person_ref
),

first_said AS (
    SELECT
        council_code,
        person_ref,
        arg_min(date_of_birth, quarter_date) FILTER (WHERE date_of_birth IS NOT NULL) AS first_date_of_birth,
        arg_min(sex, quarter_date) FILTER (WHERE sex IS NOT NULL) AS first_sex,
        arg_min(start_date, quarter_date) FILTER (WHERE start_date IS NOT NULL) AS first_start_date,
        arg_min(forename, quarter_date) FILTER (WHERE forename IS NOT NULL) AS first_forename,
        arg_min(surname, quarter_date) AS first_surname,
        min(quarter_date) FILTER (WHERE programme_group = 'programme') AS first_programme_date
    FROM followed
    GROUP BY council_code, person_ref
),

mentions AS (
    SELECT
        followed.*,
        first_said.first_date_of_birth,
        first_said.first_sex,
        first_said.first_start_date,
        first_said.first_forename,
        first_said.first_surname,
        first_said.first_programme_date,
        lag(followed.family_ref) OVER person AS previous_family_ref,
        lag(followed.quarter_date) OVER person AS previous_quarter_date,
        lead(followed.quarter_date) OVER person AS next_mention_date,
        row_number() OVER (
            PARTITION BY followed.council_code, followed.person_ref, followed.date_of_birth
            ORDER BY followed.quarter_date
        ) AS birth_mention,
        row_number() OVER (
            PARTITION BY followed.council_code, followed.person_ref, followed.sex
            ORDER BY followed.quarter_date
        ) AS sex_mention,
        row_number() OVER (
            PARTITION BY followed.council_code, followed.person_ref, followed.start_date
            ORDER BY followed.quarter_date
        ) AS start_mention,
        row_number() OVER (
            PARTITION BY followed.council_code, followed.person_ref, followed.forename, followed.surname
            ORDER BY followed.quarter_date
        ) AS name_mention,
        row_number() OVER (
            PARTITION BY
                followed.council_code,
                followed.person_ref,
                followed.programme_group,
                followed.quarter_date > first_said.first_programme_date
            ORDER BY followed.quarter_date
        ) AS group_mention
    FROM followed
    INNER JOIN first_said
        ON followed.council_code = first_said.council_code
        AND followed.person_ref = first_said.person_ref
    WINDOW person AS (PARTITION BY followed.council_code, followed.person_ref ORDER BY followed.quarter_date)
),

compared AS (
    SELECT
        *,
        coalesce(date_of_birth <> first_date_of_birth, false) AS is_other_birth,
        coalesce(
            year(date_of_birth) = year(first_date_of_birth)
            AND month(date_of_birth) = day(first_date_of_birth)
            AND day(date_of_birth) = month(first_date_of_birth),
            false
        ) AS is_swapped_birth,
        coalesce(forename = first_surname AND surname = first_forename AND forename <> surname, false)
            AS is_swapped_name,
        coalesce(
            date_of_birth <> first_date_of_birth AND forename <> first_forename AND surname <> first_surname,
            false
        ) AS is_other_person
    FROM mentions
    WHERE previous_quarter_date IS NOT NULL
),

person_findings AS (
    SELECT council_code, quarter_date, row_number, previous_quarter_date, 'status_reversed' AS rule
    FROM compared
    WHERE programme_group = 'awaiting' AND quarter_date > first_programme_date AND group_mention <= 2
    UNION ALL
    SELECT council_code, quarter_date, row_number, previous_quarter_date, 'start_changed' AS rule
    FROM compared
    WHERE start_date <> first_start_date AND start_mention <= 2 AND NOT is_other_person
    UNION ALL
    SELECT council_code, quarter_date, row_number, previous_quarter_date, 'person_ref_reused' AS rule
    FROM compared
    WHERE is_other_person AND NOT is_swapped_name AND birth_mention <= 2
    UNION ALL
    SELECT
        council_code,
        quarter_date,
        row_number,
        previous_quarter_date,
        CASE WHEN is_swapped_birth THEN 'birth_day_month_swapped' ELSE 'birth_changed' END AS rule
    FROM compared
    WHERE is_other_birth AND birth_mention <= 2 AND NOT (is_other_person AND NOT is_swapped_name)
    UNION ALL
    SELECT council_code, quarter_date, row_number, previous_quarter_date, 'names_swapped' AS rule
    FROM compared
    WHERE is_swapped_name AND name_mention <= 2
    UNION ALL
    SELECT council_code, quarter_date, row_number, previous_quarter_date, 'sex_changed' AS rule
    FROM compared
    WHERE sex <> first_sex AND sex_mention <= 2 AND NOT is_other_person
),

movers AS (
    SELECT council_code, quarter_date, row_number, family_ref, previous_family_ref, previous_quarter_date
    FROM compared
    WHERE family_ref <> previous_family_ref AND NOT is_other_person
),

kept_families AS (
    SELECT DISTINCT movers.council_code, movers.quarter_date, movers.previous_family_ref
    FROM movers
    INNER JOIN council_register
        ON movers.council_code = council_register.council_code
        AND movers.quarter_date = council_register.quarter_date
        AND movers.previous_family_ref = council_register.family_ref
),

known_families AS (
    SELECT DISTINCT movers.council_code, movers.previous_quarter_date, movers.family_ref
    FROM movers
    INNER JOIN council_register
        ON movers.council_code = council_register.council_code
        AND movers.previous_quarter_date = council_register.quarter_date
        AND movers.family_ref = council_register.family_ref
),

sources AS (
    SELECT council_code, quarter_date, family_ref, count(DISTINCT previous_family_ref) AS n_sources
    FROM movers
    GROUP BY council_code, quarter_date, family_ref
),

targets AS (
    SELECT council_code, quarter_date, previous_family_ref, count(DISTINCT family_ref) AS n_targets
    FROM movers
    GROUP BY council_code, quarter_date, previous_family_ref
),

moves AS (
    SELECT
        movers.council_code,
        movers.quarter_date,
        movers.row_number,
        movers.previous_quarter_date,
        kept_families.previous_family_ref IS NOT NULL AS is_kept,
        known_families.family_ref IS NOT NULL AS is_known,
        sources.n_sources,
        targets.n_targets
    FROM movers
    INNER JOIN sources
        ON movers.council_code = sources.council_code
        AND movers.quarter_date = sources.quarter_date
        AND movers.family_ref = sources.family_ref
    INNER JOIN targets
        ON movers.council_code = targets.council_code
        AND movers.quarter_date = targets.quarter_date
        AND movers.previous_family_ref = targets.previous_family_ref
    LEFT JOIN kept_families
        ON movers.council_code = kept_families.council_code
        AND movers.quarter_date = kept_families.quarter_date
        AND movers.previous_family_ref = kept_families.previous_family_ref
    LEFT JOIN known_families
        ON movers.council_code = known_families.council_code
        AND movers.previous_quarter_date = known_families.previous_quarter_date
        AND movers.family_ref = known_families.family_ref
),

family_findings AS (
    SELECT council_code, quarter_date, row_number, previous_quarter_date, rule
    FROM (
        SELECT
            *,
            CASE
                WHEN is_kept AND is_known THEN 'person_moved_family'
                WHEN is_known OR n_sources > 1 THEN 'families_merged'
                WHEN is_kept OR n_targets > 1 THEN 'family_split'
            END AS rule
        FROM moves
    ) AS judged
    WHERE rule IS NOT NULL
),

left_out AS (
    SELECT DISTINCT
        mentions.council_code,
        returns.following_quarter_date AS quarter_date,
        mentions.quarter_date AS previous_quarter_date,
        mentions.family_ref
    FROM mentions
    INNER JOIN returns
        ON mentions.council_code = returns.council_code
        AND mentions.quarter_date = returns.quarter_date
    WHERE mentions.programme_group = 'programme'
        AND mentions.end_date IS NULL
        AND returns.following_quarter_date IS NOT NULL
        AND coalesce(mentions.next_mention_date > returns.following_quarter_date, true)
),

left_out_but_there AS (
    SELECT DISTINCT left_out.council_code, left_out.quarter_date, left_out.family_ref
    FROM left_out
    INNER JOIN council_register
        ON left_out.council_code = council_register.council_code
        AND left_out.quarter_date = council_register.quarter_date
        AND left_out.family_ref = council_register.family_ref
),

vanished AS (
    SELECT DISTINCT left_out.council_code, left_out.quarter_date, left_out.previous_quarter_date
    FROM left_out
    LEFT JOIN left_out_but_there
        ON left_out.council_code = left_out_but_there.council_code
        AND left_out.quarter_date = left_out_but_there.quarter_date
        AND left_out.family_ref = left_out_but_there.family_ref
    LEFT JOIN targets
        ON left_out.council_code = targets.council_code
        AND left_out.quarter_date = targets.quarter_date
        AND left_out.family_ref = targets.previous_family_ref
    WHERE left_out_but_there.family_ref IS NULL AND targets.previous_family_ref IS NULL
),

shared_upns AS (
    SELECT upn AS identity
    FROM people
    WHERE upn IS NOT NULL
    GROUP BY upn
    HAVING min(council_code) <> max(council_code)
        AND (min(date_of_birth) = max(date_of_birth) OR min(forename) = max(forename))
),

shared_ninos AS (
    SELECT nino AS identity
    FROM people
    WHERE nino IS NOT NULL
    GROUP BY nino
    HAVING min(council_code) <> max(council_code)
        AND (min(date_of_birth) = max(date_of_birth) OR min(forename) = max(forename))
),

shared_names AS (
    SELECT forename, surname, date_of_birth
    FROM people
    WHERE forename IS NOT NULL AND date_of_birth IS NOT NULL
    GROUP BY forename, surname, date_of_birth
    HAVING min(council_code) <> max(council_code)
        AND coalesce(min(upn) = max(upn), true)
        AND coalesce(min(nino) = max(nino), true)
        AND coalesce(min(sex) = max(sex), true)
),

shared_people AS (
    SELECT people.council_code, people.person_ref, people.upn AS identity
    FROM people
    INNER JOIN shared_upns
        ON people.upn = shared_upns.identity
    UNION
    SELECT people.council_code, people.person_ref, people.nino AS identity
    FROM people
    INNER JOIN shared_ninos
        ON people.nino = shared_ninos.identity
    UNION
    SELECT
        people.council_code,
        people.person_ref,
        concat_ws('|', people.forename, people.surname, CAST(people.date_of_birth AS VARCHAR)) AS identity
    FROM people
    INNER JOIN shared_names
        ON people.forename = shared_names.forename
        AND people.surname = shared_names.surname
        AND people.date_of_birth = shared_names.date_of_birth
),

shared_mentions AS (
    SELECT
        council_register.council_code,
        council_register.quarter_date,
        council_register.row_number,
        min(council_register.council_code) OVER quarter AS first_council_code,
        max(council_register.council_code) OVER quarter AS last_council_code
    FROM council_register
    INNER JOIN shared_people
        ON council_register.council_code = shared_people.council_code
        AND council_register.person_ref = shared_people.person_ref
    WINDOW quarter AS (PARTITION BY shared_people.identity, council_register.quarter_date)
),

in_two_councils AS (
    SELECT DISTINCT council_code, quarter_date, row_number
    FROM shared_mentions
    WHERE first_council_code <> last_council_code
),

findings AS (
    SELECT council_code, quarter_date, row_number, previous_quarter_date, rule
    FROM person_findings
    UNION ALL
    SELECT council_code, quarter_date, row_number, previous_quarter_date, rule
    FROM family_findings
    UNION ALL
    SELECT council_code, quarter_date, 0 AS row_number, previous_quarter_date, 'families_vanished' AS rule
    FROM vanished
    UNION ALL
    SELECT
        in_two_councils.council_code,
        in_two_councils.quarter_date,
        in_two_councils.row_number,
        returns.previous_quarter_date,
        'person_in_two_councils' AS rule
    FROM in_two_councils
    INNER JOIN returns
        ON in_two_councils.council_code = returns.council_code
        AND in_two_councils.quarter_date = returns.quarter_date
)

SELECT
    findings.council_code,
    findings.quarter_date,
    findings.row_number,
    rules.field,
    findings.rule,
    'warning' AS severity,
    rules.sentence,
    rules.advice,
    findings.previous_quarter_date
FROM findings
INNER JOIN rules
    ON findings.rule = rules.rule
