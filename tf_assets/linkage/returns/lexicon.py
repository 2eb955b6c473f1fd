"""Words around the fields of a return: what other columns mean, and which words may be repeated in a message.

The rest is ours, after public return templates and the column lists of case systems.
"""

from tf_assets.linkage.returns.vocabulary import FIELDS, plain_words

OTHER_MEANINGS: tuple[str, ...] = tuple(
    """
previous name|other or former names|alias|middle name|title|maiden name|previous address|previous postcode
school postcode|school address|school identifier|school start date|date of referral|referral source|date of review
next review date|date of death|date of last visit|date of consent|date the record was created|last updated
date of claim|date of court hearing|date of offence|date of plan|date of outcome|date moved in|date moved out
date of arrival in the country|place of birth|country of birth|nationality|ethnicity|religion|first language
telephone number|email address|national health service number|police reference number|worker name|lead worker
worker reference|social worker|team|office|locality|ward|manager|notes|comments|number in the household
number of children|number of adults|family size|family type|household income|type of property|tenancy type|landlord|rent arrears
employer|job title|benefit type|attendance percentage|attendance rate|number of exclusions|free school meals
pupil premium|special educational needs|year group|age|age group|marital status|sibling group|disability|pregnancy
smoking|drug or alcohol misuse|risk level|priority|tier of need|hours of support|cost of support|service provider
payment by results claim|claim type|legal status|placement type|child protection plan|child in care|care leaver
emergency contact|next of kin|general practitioner|local authority|quarter|financial year|row number
source of the record|offence type|number of arrests|police force|property reference number|hospital admission
vaccination|interpreter needed|immigration status|caseload|outcome score|consent given|date sent
""".strip()
    .replace("\n", "|")
    .split("|")
)
"""What columns of councils' systems mean that the schedule has not: a heading nearer to one of these is not ours."""

_REGISTER_WORDS = """
a about above abuse active actual against agreed all and any are arrived as at attend attending because been began begin
behind being below between bill body both box by came can case cases category cause check code codes
contact count council current data date dated dates day days details did do does each either email enter entered exact
existing field figure file first flag follow following for form format from full further general give given giving go
goes going had has have he her his home how id identification identified identifier if in indicator information initial
initials into is it item its key kind known last latest lead level line list lived lives living local main make marker
mobile month name named names national needed needs new no not note notes number numbers of office on one only or
order original other our out own page pending per period person persons phone place please previous primary provided
question reason reasons record recorded records ref reference references register registered regarding registration
related remarks reported required response results return row score secondary see sent serial service services set sheet
she short since so some source specify state stated status step street sub such support supported table team telephone
tell text than that the their them then there they this those time to total town tick type types unique unknown until up
us use used using valid value visit was we week well were what when where whether which while who whole whom whose why
with within without work worker working works year years yes yet you your
addr adr asb bd birthdt brth bth cat cd chld cl clos cls com con cr crim crm dat dept desc dt dte dv dva edu educ emp
eng eth fam fml fn fnm gdr gen gndr grp hh hlth hs ident ind indiv info ins ln med memb mh nat nm nr num occ outc pers
phn pc pcd pcode post prog prgm prob prs pst qtr qual rec reg rel rep rfrnc rsn sch schl sn srn snm srt st sta sts stat
strt surn sys tel tf tfp typ ty uid unq upd urn wk wrk yr
anabledd angen aelod ac addysg ar asesu asesiad blwyddyn bod braint cam cartref cau cyfeiriad cyfeirnod cod cofnod
cyflwr cyfenw dechrau derbyn dyddiad diwedd disgybl dod dros dynodydd ei enw enwau eu geni grwp gwaith gweithio gorffen
iechyd lle llawn math mewn neu nodiadau oed oedolyn oedran person plant plentyn presenoldeb problem rhaglen rhif rheswm
rhyw rol sefyllfa statws teulu teuluol trais troseddu unigolyn unigryw y yn yr ysgol yswiriant
"""
"""Plain words of registers, their clipped forms, and Welsh ones for councils near the border (ours)."""

_ALSO_NAMES_TEXT = """
best bill box case cash child christian cook date day dean drew field gene given grace grant guy hope house joy key lane
long mark marks may nat north page post price reason rose short south state street ward west will work young
"""
ALSO_NAMES = frozenset(_ALSO_NAMES_TEXT.split())
"""Words of registers that are people's names too: known only beside a word that is not."""

_KNOWN_WORDS = frozenset(
    word
    for phrase in (
        *(phrase for field in FIELDS for phrase in (field.name, field.meaning, *field.aliases)),
        *OTHER_MEANINGS,
        _REGISTER_WORDS,
    )
    for word in plain_words(phrase).split()
)


_ALIAS_WORDS = frozenset(alias for field in FIELDS for alias in (plain_words(field.name), *field.aliases))


def known_words(words: set[str]) -> set[str]:
    """Those of `words` (plain) that are ordinary in headings, so that repeating them tells nothing of anybody."""
    known = words & _KNOWN_WORDS
    return known if any(len(word) > 1 for word in known - ALSO_NAMES) else set()


def is_alias(heading: str) -> bool:
    """Is the heading, as it stands, one of the declared words of a field?"""
    return plain_words(heading) in _ALIAS_WORDS and "(" not in heading and "[" not in heading
