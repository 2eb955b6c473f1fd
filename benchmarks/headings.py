"""How well headings are understood that no alias knows: precision and recall of each stage at its threshold.

    python -m benchmarks.headings            the table
    python -m benchmarks.headings --write    and put it into docs/reference/return-rules.md
    python -m benchmarks.headings --scores   every heading with its nearest field, to choose thresholds by

The headings were written by hand after the manner of real registers, none of them is in the alias table, and they are
ours: they say how the stages compare, not how every council writes.
"""

import re
import sys
from pathlib import Path

import numpy as np

from tf_assets.linkage.returns.heading_meanings import Nearest, nearest_fields
from tf_assets.linkage.returns.headings import read_headings
from tf_assets.linkage.returns.vocabulary import plain_words
from tf_assets.warehouse.project import project_root

LABELLED = """
family_ref | Family URN; Ref. of family; Our family reference; Household unique ref; TF family reference no; Family's
    case reference; Familly reference; Family record ID; Unique family identifier
person_ref | Person URN; Ref. of individual; Unique reference of the person; Client record number; Individual's ID;
    Persson reference; Person record ID; Our reference for this person; Indivdual reference; Social care ID of the
    person
forename | First given name; Known as (first name); Forename of the person; Fornames; Given names of individual;
    Person's first name; Preferred first name; Legal first name
surname | Surename; Family surname; Last name of the person; Person's surname; Surname of individual; Individual's
    last name
full_name | Full name of client; Person's full name; Complete name; Name of the family member
date_of_birth | Date of brith; Individual's date of birth; Birth date of client; Day of birth; D.o.Birth; When was the
    person born; Date person was born; Dob of individual; Child's date of birth
sex | Sex of person; Gender of individual; Male/female; M/F/other; Gender identity; Person's sex; Is the person male
    or female
postcode | Postcode of address; Home address post code; Posstcode; Current home postcode; Postcode where the family
    lives; Postal code of residence
address | Home adress; House number and street; Where do they live; Address of the family home; Street and town; Full
    postal address; Dwelling address; Place of residence
upn | Unique pupil numbr; UPN of child; Pupil's UPN; School pupil identifier; Unique number of the pupil; DfE pupil
    number; Child's unique pupil number
nino | National insurence number; NI number of adult; Adult's national insurance no; NINO of adult
role | Adult/child flag; Is this an adult or a child; Role of person in family; Family member role; Adult or dependent
    child; Relationship to main carer; Whether adult or child
school_name | School currently attended; Name of current school; School or nursery; Which school does the child go to;
    Education establishment name; Name of education setting
programme_group | Is the family on the programme; On programme or awaiting; Programme statuss; Troubled Families
    programme status; Awaiting or on programme; Are they on the programme or waiting; Family programme status;
    Programme or waiting list
assessment_date | Date assessment completed; Date family assessed; Date on which eligibility was assessed; Assesment
    date; Date of eligibility check; Date of family assessment; Day the family was assessed as eligible; Eligibility
    assessment date
start_date | Date intervention began; Date support started; Date family joined; Date of programme start; Statr date;
    Date work commenced; Intervention started on; Date the family joined the programme; Start of work with family;
    Date support began
end_date | Date intervention ended; Date support finished; Case closure date; Date of case closure; Date family left;
    Date of programme end; Closing date; End of work with family; Clousre date; Date case was closed
end_reason | Reason for case closure; Why was the case closed; Reason for closing; Reason support ended; Reasn for
    closure; Case closure reason; Closure reason code; Reason the family left
is_problem_crime | Crime or ASB; Involved in crime; Anti-social behaviour; Criminal or antisocial behaviour; Offending
    or ASB problem; Family has problem with crime; Crime/anti-social behavior
is_problem_attendance | Poor attendance at school; Child not attending school; Attendance below 90%; Problem with
    school attendance; School attendence; Persistent absence from school; Truanting from school; Missing school
is_problem_child_help | Children in need of support; Child needs support; Children requiring help; Child in need plan;
    Child needing early help; Children who need support
is_problem_worklessness | Adult out of work; Workless household; Out-of-work benefits; Worklesness; Unemployed adults;
    At risk of financial exclusion; Out of work / in debt; Financial exclusion or unemployment
is_problem_domestic_abuse | Domestic abuse present; Violence against partner; Victim of domestic abuse; Domestic
    violance; Affected by domestic violence; Abuse in the home; Domestic violence & abuse
is_problem_health | Health issues; Physical health problem; Mental or physical ill health; Mental health problems;
    Poor mental health; Range of health needs; Health conditions; Ill health
"""
"""field | headings that mean it."""

UNRELATED = """
Notes; Comments; Worker comments; Lead professional; Keyworker; Allocated worker; Team; Locality; Ward; Ethnicity;
Ethnic group; First language; Religion; Nationality; Disability; SEN status; Free school meals; Telephone; Mobile number;
Email; Email address; NHS number; GP practice; Social worker; Referral source; Referral date; Referred by; Referral reason;
Date of referral; Consent given; Date consent signed; Consent form signed; Date of last visit; Next review date;
Review date; Date of review; Date of death; Date record created; Last updated; Updated by; Created by; Created on;
Payment claimed; Claim date; Date of claim; Claim type; Payment by results claim; Tenancy type; Landlord;
Housing provider; Rent arrears; Number of children; Number in household; Number of adults; Family size; Household income;
Benefit type; Benefits claimed; Employer; Employer name; Job title; Year group; Exclusions; Number of exclusions;
Attendance percentage; School attendance rate; Police force; Police reference; Offence type; Offence date; Number of arrests;
Substance misuse; Drug use; Alcohol; Drug or alcohol misuse; Pregnant; Smoking; Risk level; Risk score; RAG rating;
Priority; Tier of need; Cost of intervention; Hours of support; Number of visits; Service; Provider;
Name of worker; Worker's name; Keyworker name; Lead worker; Manager; Office; Emergency contact; Contact number; Next of kin;
Mother's maiden name; Previous name; Alias; Other names; Previous address; Previous postcode; Date moved in; Date moved out;
School postcode; School phone; School start date; Date of plan; Plan type; Plan review; Child protection plan start;
Legal status; Placement type; Care leaver; Looked after; Court date; Quarter; Financial year; Council; Local authority;
Row; Index; Source; Batch; Region; Date sent; File version; Data quality check; Case load; Outcome star score;
Date of outcome; Age; Age at start; Age group; Marital status; Title; Middle name; Known aliases; Country of birth;
Place of birth; Date arrived in UK; Sibling group; Worker ref; Worker ID; School ID; Pupil premium; Property type; UPRN
"""
"""Headings of columns that the schedule has not."""


HELD_OUT = """
family_ref | Family's unique number; Reference no. for family; Household identification number; Troubled family number;
    Family group ID; Unique household code
person_ref | Individual record ID; Person's system number; Unique number for each person; Family member's reference number;
    ID of client; Local person ID
forename | Christian names; Child or adult first name; Name - first; First name(s) of person; Forename as registered
surname | Name - last; Registered surname; Surname / family name; Last name of family member; Surname as on birth certificate
full_name | Client's full name; Full name of family member; Name of each person; Full name (forename surname)
date_of_birth | DoB of person; Birthdate of individual; Person's birthday; Date born (day month year); Born on what date
sex | Gender (M or F); Sex of individual; Person's gender; Sex as registered at birth
postcode | Family's postcode; Postcode of family home; Current post code; Residence postcode; Postcode at start
address | Residential address; Family's home address; House no. and street; Address of the person; First address line
upn | Unique pupil number (DfE); Pupil UPN number; UPN (if of school age); Pupil identification number
nino | Nat Insurance Number; Adult NI number; National insurance number (adult); NI num; Person's NINO
role | Is person an adult or child; Parent or child; Position of person in family; Adult / child marker; Person is adult/child
school_name | School child attends; School attended by child; Current school name; Which school; Name of school or college
programme_group | Status on programme; Waiting or on programme; Status of family; Programme or comparison;
    Family is awaiting or on programme; TFP status
assessment_date | Assessment completed on; Date eligibility confirmed; Eligible from; Date of first assessment;
    When assessed as eligible; Date assessed as meeting criteria
start_date | Date family started; Work start date; Date intervention commenced; Support start date; Date of joining programme;
    Date attached to programme; Case opened date
end_date | Work end date; Support end date; Date of leaving programme; Intervention finish date; Case end date;
    Date family closed; When was the case closed
end_reason | Closed because; Reason for case ending; Reason work ended; Why did the family leave; Reason case was closed
is_problem_crime | Crime / anti social behaviour; Family involved in crime; Youth crime or ASB; Crime flag;
    Crime and disorder
is_problem_attendance | Attendance issue; Not attending school regularly; School attendance problem; Child missing education;
    Poor school attendance flag
is_problem_child_help | Child in need of help; Children need support; Children needing extra help; Child needs help flag
is_problem_worklessness | No one in work; Adults not in work; Workless family; Unemployment or debt; Financially excluded
is_problem_domestic_abuse | Domestic abuse flag; Domestic abuse or violence; Violence or abuse at home; DV flag;
    Experience of domestic violence
is_problem_health | Physical or mental health need; Health problem flag; Poor health (mental or physical); Health concerns
"""

HELD_OUT_UNRELATED = """
Name of school nurse; Name of GP; Postcode of school; Date of birth verified; Date of birth of baby due; Family support worker;
Family income; Family type; Family history; Family meeting date; Person completing form; Number of people at address;
Start date of tenancy; End date of tenancy; Start date of benefit; Benefit end date; Date of first offence; Date of arrest;
Date school notified; School contact; School year; Fixed term exclusions; Free meals; Sex offender; Address type;
Address verified; Address of landlord; Previous surname; Surname at birth; Former postcode; Maiden surname; Phone no;
Mobile; E-mail; Tenure; Housing status; Employment status; Job centre; Work coach; Work programme provider;
Health visitor; Hospital; Hospital number; Mental health worker; CAMHS referral; Domestic abuse worker; MARAC date;
Crime reference; Crime number; Police officer; Probation officer; YOT worker; Attendance officer; Attendance at meetings;
Child protection conference date; Date child looked after; Social care status; Help given; Reason for referral;
Reason for visit; Status of consent; Status date; Group work attended; Programme manager; Awaiting payment; Stage of claim;
Assessment type; Assessment score; Assessor; Assessed by; Date of next assessment; Date closed to social care; Region code;
Ref of worker; Payment ref; Invoice number; Case worker ID; Version; Role of worker; Role of agency; Language spoken;
Immigration date; Interpreter; Comments on family; Notes on child
"""


def _labels(fields: str, unrelated: str) -> list[tuple[str, str | None]]:
    pairs: list[tuple[str, str | None]] = []
    for line in re.sub(r"\n +", " ", fields.strip()).splitlines():
        field, headings = line.split(" | ")
        pairs += [(heading.strip(), field) for heading in headings.split(";")]
    return [*pairs, *((heading.strip(), None) for heading in unrelated.replace("\n", " ").strip().split(";"))]


def labelled() -> list[tuple[str, str | None]]:
    """(heading, field or None): the thresholds were chosen on these, and meanings were added for what they showed."""
    return _labels(LABELLED, UNRELATED)


def held_out() -> list[tuple[str, str | None]]:
    """The same, written after the thresholds were chosen."""
    return _labels(HELD_OUT, HELD_OUT_UNRELATED)


STAGES = ("exact", "fuzzy", "semantic", "proposed")
BEGIN, END = "<!-- benchmarks.headings: begin -->", "<!-- benchmarks.headings: end -->"


def outcomes(headings: list[str]) -> list[tuple[str, str | None]]:
    """For each heading the stage that reads it when every field is wanted, and the field; ("none", None) below all."""
    asked = [plain_words(heading) for heading in headings]
    scores = dict(zip(asked, nearest_fields(asked), strict=True))
    return [_outcome(heading, lambda texts: np.stack([scores[text] for text in texts])) for heading in headings]


def _outcome(heading: str, nearest: Nearest) -> tuple[str, str | None]:
    read = read_headings({"c0": heading}, nearest=nearest)
    if read.matches:
        return read.matches[0].method, read.matches[0].field
    likely = [each.nearest for each in read.proposals if each.is_likely]
    return ("proposed", likely[0]) if likely else ("none", None)


def stage_rows(labels: list[tuple[str, str | None]]) -> list[tuple[str, int, int, float, float]]:
    """(stage, read, rightly read, precision, recall so far) for each stage in turn.

    Recall is the share of the headings that mean a field which this stage and those before it read rightly.
    """
    found = outcomes([heading for heading, _ in labels])
    read = [(*each, field) for each, (_, field) in zip(found, labels, strict=True)]
    n_meant = sum(field is not None for *_, field in read)
    rows, so_far = [], 0
    for stage in STAGES:
        of_stage = [(found, field) for method, found, field in read if method == stage]
        right = sum(found == field for found, field in of_stage)
        so_far += right
        rows.append((stage, len(of_stage), right, right / len(of_stage) if of_stage else 1.0, so_far / n_meant))
    return rows


def table() -> str:
    """Markdown, for the page and the terminal."""
    lines = []
    for title, labels in (("that the thresholds were chosen on", labelled()), ("written afterwards", held_out())):
        n_meant = sum(field is not None for _, field in labels)
        lines += [
            f"Headings {title}: {n_meant} that mean a field, {len(labels) - n_meant} that do not.",
            "",
            "| stage | read | rightly | precision | recall with the stages before |",
            "|---|---|---|---|---|",
            *(f"| {s} | {n} | {right} | {p:.3f} | {r:.3f} |" for s, n, right, p, r in stage_rows(labels)),
            "",
        ]
    return "\n".join(lines).strip()


def _write(page: Path, text: str) -> None:
    before, _, rest = page.read_text().partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}")


def _print_scores() -> None:
    for title, labels in (("chosen on", labelled()), ("afterwards", held_out())):
        read = outcomes([heading for heading, _ in labels])
        for (heading, field), (stage, found) in zip(labels, read, strict=True):
            verdict = "right" if found == field else "left" if found is None else "WRONG"
            print(f"{title}\t{verdict}\t{stage}\t{heading}\t{field}\t{found}")


if __name__ == "__main__":
    if "--scores" in sys.argv:
        _print_scores()
    else:
        print(table())
    if "--write" in sys.argv:
        _write(project_root() / "docs" / "reference" / "return-rules.md", table())
