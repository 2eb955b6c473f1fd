"""The words in which councils head and fill their returns (ours, after public return templates)."""

from dataclasses import dataclass

FULL_NAME = "full_name"
NOTES = "notes"

VOCABULARIES = ("schedule", "template", "system", "terse", "formal", "numbered", "unfamiliar", "roundabout")
"""Each is one way to head every column. The last two need a reader that knows what words mean."""

_HEADINGS = """
family_ref | family_ref | Family reference | FamilyID | Fam ref | Household reference number | HH ID | Family code | Reference of the family
person_ref | person_ref | Person reference | ClientID | Ind ref | Individual reference number | Person ID | Reference of the individual person | Individual's own reference
forename | forename | First name | Forename(s) | Fname | Given name | Forename 1 | First and middle names | First or given name of person
surname | surname | Surname | LastName | Sname | Family name | Last name | Surname of the person | Family name or surname
full_name | full_name | Full name | ClientName | Name | Name of individual | Individual name | Name in full | Name of the person in full
date_of_birth | date_of_birth | Date of birth | DateOfBirth | DOB | Birth date | DOB (dd/mm/yyyy) | Date on which the person was born | Birth day of the person
sex | sex | Gender | Sex | M/F | Sex (M/F) | Gender | Male or female | Person is male or female
postcode | postcode | Postcode | HomePostCode | PC | Current postcode | Address - postcode | Home post code | Postal code of dwelling
address | address | Address | AddressLine1 | Addr | Home address | Address line 1 | Street where they live | Home street address
upn | upn | Unique Pupil Number (UPN) | UPN | UPN | Unique pupil number | UPN (children) | National pupil number | Pupil's unique number
nino | nino | National Insurance Number | NINumber | NI no. | National insurance number | NINO (adults) | Nat. insurance reference | Number for national insurance
role | role | Adult or child | PersonType | A/C | Role in family | Family role | Parent or youngster | Grown-up or youngster
school_name | school_name | School | SchoolName | School | Education provider | Current school | School name of the child | Name of school they attend
programme_group | programme_group | Programme status | FamilyStatus | Status | Intervention status | TF status | On the programme or waiting | Programme or waiting
assessment_date | assessment_date | Date of assessment | DateAssessed | Assessed | Eligibility date | Date identified | When the family was assessed | Date the family was found eligible
start_date | start_date | Programme start date | EngagementDate | Start | Intervention start date | Date of engagement | Date joined the programme | When work with the family began
end_date | end_date | Programme end date | ClosureDate | End | Intervention end date | Date closed | Date work with them ended | When work with the family ended
end_reason | end_reason | Reason for ending | ClosureReason | Reason | Reason for closure | Closure reason | Reason why the case closed | Reason the case was closed
is_problem_crime | is_problem_crime | Crime and anti-social behaviour | Crime/ASB | Crime | Crime and anti-social behaviour | Problem 1 | Trouble with crime | Crime or antisocial behaviour in family
is_problem_attendance | is_problem_attendance | School attendance | Education | Attend. | Children not attending school | Problem 2 | Children missing school | Not going to school
is_problem_child_help | is_problem_child_help | Children who need help | ChildrenInNeed | Help | Children who need help | Problem 3 | Children in need of help | Child needs help
is_problem_worklessness | is_problem_worklessness | Worklessness | OutOfWork | Work | Worklessness or financial exclusion | Problem 4 | Out of work or in debt | Worklessness in the family
is_problem_domestic_abuse | is_problem_domestic_abuse | Domestic violence and abuse | DomesticAbuse | DVA | Domestic violence or abuse | Problem 5 | Violence in the home | Domestic violence at home
is_problem_health | is_problem_health | Health | HealthProblems | Health | Physical and mental health | Problem 6 | Poor physical or mental health | Health is poor
notes | notes | Notes | WorkerComments | Notes | Remarks | Comments | Anything else | Further remarks
"""  # noqa: E501


def _headings() -> dict[str, dict[str, str]]:
    lines = [[cell.strip() for cell in line.split(" | ")] for line in _HEADINGS.strip().splitlines()]
    return {name: {line[0]: line[at] for line in lines} for at, name in enumerate(VOCABULARIES, start=1)}


HEADINGS: dict[str, dict[str, str]] = _headings()
"""Vocabulary -> column -> heading."""


@dataclass(frozen=True)
class Codes:
    """How a council fills its coded columns: canonical code -> what it writes (None: it leaves the cell blank)."""

    sex: dict[str, str]
    role: dict[str, str]
    group: dict[str, str]
    yes: str
    no: str | None


CODES: dict[str, Codes] = {
    "schedule": Codes(
        {"F": "F", "M": "M"},
        {"adult": "adult", "child": "child"},
        {"programme": "programme", "awaiting": "awaiting"},
        "1",
        "0",
    ),
    "words": Codes(
        {"F": "Female", "M": "Male"},
        {"adult": "Adult", "child": "Child"},
        {"programme": "On programme", "awaiting": "Awaiting"},
        "Yes",
        "No",
    ),
    "letters": Codes(
        {"F": "f", "M": "m"},
        {"adult": "A", "child": "C"},
        {"programme": "Active", "awaiting": "Waiting list"},
        "Y",
        "N",
    ),
    "ticks": Codes(
        {"F": "F", "M": "M"},
        {"adult": "Parent/carer", "child": "Child"},
        {"programme": "Engaged", "awaiting": "Not yet started"},
        "x",
        None,
    ),
    "numbers": Codes(
        {"F": "2", "M": "1"},
        {"adult": "Adult", "child": "Young person"},
        {"programme": "Working with", "awaiting": "Eligible"},
        "TRUE",
        "FALSE",
    ),
}
"""Codes 1 and 2 for sex as in ISO/IEC 5218."""

REMARKS = (
    None,
    "See case file",
    "Visited, no reply",
    "Known to housing; rent arrears",
    'School says "improving"',
    "Letter sent 3/4",
)
"""What stands in a notes column: commas, semicolons and quotation marks, which a careless export breaks on."""
