"""The words that councils use: headings, groups, roles and reasons (ours, from public return templates).

A new word is one line here. Everything is compared after `plain_words`: lower case letters and digits, single spaces.
"""

import re
import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True)
class Field:
    """A column of a return.

    name: the column in `council_register`; is_required: a return without it cannot be used; meaning: phrases that say
    what it is, compared with unknown headings beside the aliases; aliases: headings that mean exactly this.
    """

    name: str
    is_required: bool
    meaning: str
    aliases: tuple[str, ...]


def plain_words(text: str) -> str:
    """`Date_of-Birth (DD/MM/YYYY)` -> `date of birth`; brackets are remarks, not part of the name; accents go."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.sub(r"\(.*?\)|\[.*?\]", " ", without_accents(text)))
    return " ".join(re.findall(r"[a-z0-9]+", spaced.lower().replace("'", "").replace("’", "")))


def without_accents(text: str) -> str:
    """`prénom` -> `prenom`."""
    if text.isascii():
        return text
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def _field(name: str, is_required: bool, meaning: str, aliases: str) -> Field:
    return Field(name, is_required, meaning, tuple(word.strip() for word in aliases.split("|")))


FULL_NAME = "full_name"

FIELDS: tuple[Field, ...] = (
    _field(
        "family_ref", True, "family reference number",
        "family ref|family reference|family reference number|household reference number"
        "|family id|family number|family no|family identifier|household ref|household id"
        "|household reference|household number|household no|tf family id|tf family ref|family unique id"
        "|case ref|case reference|case id|case number|family code|hh ref|hh id|troubled family id|fam ref|fam id",
    ),
    _field(
        "person_ref", True, "individual person reference number",
        "person ref|person reference|person reference number|individual reference number"
        "|person id|person number|person no|individual ref|individual id"
        "|individual reference|individual number|individual no|person identifier|individual identifier|client id"
        "|client ref|client reference|client number|member ref|member id|member reference|member number|unique id"
        "|person unique id|pid|tf person id|tf individual id|ind ref|ind id|family member id|family member ref"
        "|member no|client no|person code|liquidlogic id|mosaic id|system id|local id|individual unique id",
    ),
    _field(
        "forename", False, "first name, given name, first and middle names, preferred or legal first name",
        "forename|forenames|first name|first names|firstname|given name|given names|forename 1|christian name"
        "|fname|forename s|person forename|individual forename|individual first name|first forename|first",
    ),
    _field(
        "surname", False, "surname, last name, family name",
        "surname|last name|lastname|family name|second name|sname|lname|person surname|individual surname"
        "|current surname|legal surname|individual last name",
    ),
    _field(
        FULL_NAME, False, "full name of the person",
        "full name|name|person name|individual name|client name|fullname|name of person|name of individual"
        "|family member|family member name|member name|name in full|individual|names|whole name",
    ),
    _field(
        "date_of_birth", True, "date of birth, birth date, day on which the person was born",
        "date of birth|dob|d o b|birth date|birthdate|birthday|born|date born|person dob|individual dob"
        "|client dob|dateofbirth|born on|individual date of birth|person date of birth|dt of birth|birth dt",
    ),
    _field("sex", False, "sex, gender, male or female", "sex|gender|m f|sex m f|gender m f|person sex|individual gender"
    "|person gender|m or f"),
    _field(
        "postcode", True, "postcode of the home address, postal code of the dwelling",
        "postcode|post code|home postcode|address postcode|current postcode|pcode|p code|postal code"
        "|individual postcode|family postcode|postcode of home|home post code|pc|postcode of residence",
    ),
    _field(
        "address", False, "home address, street, where they live, house number and street",
        "address|home address|address line 1|address 1|address1|current address|street|full address|address line"
        "|street address|family address|residence|house and street|first line of address|addr|property",
    ),
    _field(
        "upn", False, "unique pupil number, national pupil number",
        "upn|unique pupil number|unique pupil no|pupil number|pupil upn|upn number|unique pupil ref"
        "|unique pupil reference|pupil no|pupil ref|child upn|upn no",
    ),
    _field(
        "nino", False, "national insurance number, national insurance reference",
        "nino|ni number|ni no|national insurance number|national insurance no|nat ins no|nat ins number|ni"
        "|national insurance|nino number|national ins no|adult nino|n i number|nat insurance no",
    ),
    _field(
        "role", False, "adult or child in the family, parent or youngster, grown up or youngster",
        "role|adult child|adult or child|person type|family role|adult or child indicator|member type|a c"
        "|individual type|relationship|role in family|family member type|type of person|position in family|person role",
    ),
    _field(
        "school_name", False, "name of the school attended, school they attend, school name of the child",
        "school|school name|name of school|school attended|current school|education setting|educational setting"
        "|education provider|school or college|establishment|school college|provision|place of education",
    ),
    _field(
        "programme_group", True, "programme status, on the programme or awaiting or waiting",
        "programme group|group|programme status|status|tf status|family status|cohort|programme or awaiting"
        "|intervention status|treatment group|case status|programme|on programme|stage|engagement status|group status"
        "|tf group|programme stage|attachment status|awaiting or programme|phase",
    ),
    _field(
        "assessment_date", False, "date the family was assessed as eligible, when the family was found eligible",
        "assessment date|date of assessment|date assessed|assessed on|eligibility date|date eligible|date identified"
        "|identified date|identification date|date of identification|assessed|assessed date|date found eligible"
        "|eligibility assessed on|early help assessment date|date of eligibility|date family identified",
    ),
    _field(
        "start_date", True, "date work with the family began, date joined the programme, date the family joined, "
        "when support of the family began",
        "start date|programme start date|date started|intervention start date|start|date of start|engagement date"
        "|date engaged|attachment date|date attached|date of attachment|start of intervention|programme start"
        "|intervention start|work started|date work began|started on|started|commencement date|date joined"
        "|date of engagement|start of programme|date work started|date joined the programme",
    ),
    _field(
        "end_date", False, "date work with the family ended, date closed, when support of the family ended",
        "end date|programme end date|date ended|intervention end date|end|date of end|closure date|date closed"
        "|closed date|end of intervention|programme end|intervention end|work ended|closed|ended on|ended|exit date"
        "|case closed date|closed on|date of closure|end of programme|date work ended|completion date|date left"
        "|date left the programme",
    ),
    _field(
        "end_reason", False, "reason why the case was closed, reason the family left",
        "end reason|reason for ending|closure reason|reason for closure|reason closed|reason ended|exit reason|outcome"
        "|closure outcome|end outcome|reason for end|reason for exit|why closed|reason|reason for leaving|why ended"
        "|case outcome|close reason",
    ),
    _field(
        "is_problem_crime", False, "problem with crime and anti social behaviour, trouble with crime, antisocial behaviour",
        "is problem crime|problem crime|crime|crime asb|crime and asb|crime and anti social behaviour|problem 1"
        "|criterion 1"
        "|crime anti social behaviour|p1|asb|crime problem|offending|headline problem 1|crit 1"
        "|involved in crime or asb",
    ),
    _field(
        "is_problem_attendance", False, "problem with children not attending school, "
        "children missing school, not going to school",
        "is problem attendance|problem attendance|attend|attendance|school attendance|education|problem 2"
        "|not attending school"
        "|criterion 2|poor attendance|p2|attendance problem|headline problem 2|truancy|absence|school absence|crit 2"
        "|children not attending school|poor school attendance",
    ),
    _field(
        "is_problem_child_help", False, "problem of children who need help, children in need of help",
        "is problem child help|problem child help|children who need help|children needing help|child help"
        "|children in need|problem 3|criterion 3|p3|help|children need help|headline problem 3|child in need|crit 3"
        "|child needs help|children needing early help|early help need",
    ),
    _field(
        "is_problem_worklessness", False, "problem of worklessness or financial exclusion, out of work or in debt",
        "is problem worklessness|problem worklessness|worklessness|financial exclusion|worklessness financial exclusion"
        "|worklessness or financial exclusion|work|problem 4|criterion 4|p4|unemployment|out of work|workless"
        "|headline problem 4|debt|no work|crit 4|adults out of work",
    ),
    _field(
        "is_problem_domestic_abuse", False, "problem of domestic violence and abuse, violence in the home",
        "is problem domestic abuse|problem domestic abuse|domestic abuse|domestic violence|dva|da|problem 5|criterion 5"
        "|p5|domestic violence and abuse|domestic violence or abuse|dv|dv da|headline problem 5"
        "|violence at home|crit 5",
    ),
    _field(
        "is_problem_health", False, "problem of physical or mental health, poor health of body or mind",
        "is problem health|problem health|health|mental health|health problem|health problems|health needs"
        "|problem 6|criterion 6"
        "|p6|physical and mental health|health condition|headline problem 6|range of health problems|crit 6"
        "|poor health",
    ),
)  # fmt: skip
"""Every field of a return, in the order of the data schedule."""

FIELD_NAMES: tuple[str, ...] = tuple(field.name for field in FIELDS)
PROBLEM_FIELDS: tuple[str, ...] = tuple(name for name in FIELD_NAMES if name.startswith("is_problem_"))
DATE_FIELDS: tuple[str, ...] = ("date_of_birth", "assessment_date", "start_date", "end_date")


def _words(**meanings: str) -> dict[str, str]:
    return {word.strip(): meaning for meaning, words in meanings.items() for word in words.split("|")}


GROUP_WORDS = _words(
    programme="programme|on programme|on the programme|active|attached|engaged|started|working|open|worked with"
    "|p|t|treatment"
    "|intervention|in programme|current|tf|in progress|prog|on prog|programme family|receiving support|working with"
    "|closed|completed|on intervention|started programme|program|participant|yes|live|being worked with|tf programme",
    awaiting="awaiting|waiting|waiting list|not started|eligible|assessed|identified|pending|a|c|comparison"
    "|awaiting start|awaiting programme|queue|not yet started|on waiting list|awaiting intervention|to start|referred"
    "|eligible not started|wait|await|awaiting support|awaiting allocation|not yet worked with|control|on hold"
    "|awaiting a place|assessed awaiting",
)
ROLE_WORDS = _words(
    adult="adult|a|parent|mother|father|mum|dad|carer|guardian|partner|grandparent|step parent|grandmother|grandfather"
    "|lone parent|adult 1|adult 2|parent carer|main carer|stepfather|stepmother|spouse|adlt|ad|parent or carer"
    "|grown up",
    child="child|c|son|daughter|young person|yp|dependent child|dependant|pupil|child 1|child 2|child 3|stepson|minor"
    "|stepdaughter|baby|infant|dependent|grandchild|kid|ch|children|juvenile",
)
END_REASON_WORDS = _words(
    significant_progress="significant progress|significant and sustained progress|progress|positive|successful"
    "|success|sustained progress"
    "|outcomes achieved|completed|complete|goals met|improved|needs met|plan completed|outcome achieved"
    "|completed programme|all goals met",
    continuous_employment="continuous employment|employment|work|job|into work|moved into work"
    "|sustained employment|found work",
    withdrew="withdrew|withdrawn|disengaged|refused|declined|consent withdrawn|non engagement|did not engage"
    "|family withdrew|dropped out"
    "|no longer engaging|family disengaged",
    moved_away="moved away|moved|left area|moved out of area|transferred|transfer|out of area|moved area"
    "|left the area|moved council",
    escalated="escalated|escalation|stepped up|step up|children looked after|statutory|social care"
    "|stepped up to social care",
)
"""`end_reason` leaves with the release, so only these words may stand in it; anything else is `other` (ours)."""

COUNCIL_HEADINGS: frozenset[str] = frozenset(
    _words(
        council="council|local authority|la|authority|council name|la name|local authority name|council code|la code"
        "|gss code|local authority code|name of council|name of local authority|borough|ons code|lead authority"
        "|owning authority",
    )
)
"""Headings of a column that names the council: read to see that it names one, and not kept."""
