"""The evaluation's protocol, read from protocol.yml and checked; SQL models get it as parameters or as small tables."""

import hashlib
from itertools import pairwise
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tf_assets.research.estimation.weighting import Method
from tf_assets.warehouse.errors import DeclarationError

PROTOCOL_FILE = Path(__file__).with_name("protocol.yml")

Exclusion = Literal["no_index_date", "no_birth_month", "born_after_index", "on_both_sides"]


class _Part(BaseModel):
    """Nothing that is not known is taken, and nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class _Cited(_Part):
    source: str = Field(min_length=1)


class Window(_Part):
    """Months after a day, mostly the index date: from_month <= months since < to_month."""

    name: str = Field(pattern=r"^(\d\d-\d\d|before)$")
    from_month: int = Field(alias="from")
    to_month: int = Field(alias="to")
    counted_from: Literal["index_date", "baseline_date"] = "index_date"


class AbsenceThreshold(_Part):
    """A pupil is persistently absent who misses at least this share of possible sessions; by academic year."""

    from_year: int
    to_year: int
    share: float = Field(gt=0, lt=1)


class Age(_Cited):
    """Years at the index date, both included."""

    from_age: int = Field(alias="from", ge=0)
    to_age: int | None = Field(default=None, alias="to")


class Ages(_Part):
    """From when somebody is what."""

    adult: Age
    juvenile: Age
    school: Age


class Eligibility(_Cited):
    """Whom the evaluation counts, in which arm, and from which day."""

    exclusions: dict[Exclusion, str]
    index_date: dict[Literal["programme", "comparison"], Literal["start_date", "assessment_date"]]
    switchers: Literal["programme", "excluded"]


class Windows(_Cited):
    """The follow-up, and the placebo before it."""

    half_years: tuple[Window, ...]
    two_years: Window
    before: Window


class Covariates(_Cited):
    """lookback_months: before the index date."""

    lookback_months: int = Field(gt=0)


class ExtractReading(_Cited):
    """How an extract's silence is read."""

    lag_months: int = Field(ge=0)
    unlinked: Literal["unknown", "no_event"]


class Censoring(_Cited):
    """What ends somebody's follow-up."""

    turned_18: Literal["stays", "censored"]


class KeyStageTwo(_Cited):
    """first_scaled_year: of scaled scores and Attainment 8, levels before are another series; expected_score: in both."""

    first_scaled_year: int
    expected_score: int


class Outcomes(_Part):
    """Thresholds of outcomes."""

    persistent_absence: tuple[AbsenceThreshold, ...]
    persistent_absence_source: str = Field(min_length=1)
    ks2: KeyStageTwo


class Comparison(_Cited):
    """How the arms are made alike, and when an effect may be published."""

    methods: tuple[Method, ...] = Field(min_length=1)
    propensity_penalty: float = Field(ge=0)
    outcome_penalty: float = Field(ge=0)
    neighbours: int = Field(ge=1)
    caliper_sd: float = Field(gt=0)
    largest_smd: float = Field(gt=0)
    fewest_effective: float = Field(gt=0)


class Protocol(_Part):
    """The whole protocol."""

    version: int = Field(ge=1)
    eligibility: Eligibility
    ages: Ages
    windows: Windows
    covariates: Covariates
    extracts: dict[str, ExtractReading]
    censoring: Censoring
    outcomes: Outcomes
    comparison: Comparison

    @model_validator(mode="after")
    def _is_whole(self) -> "Protocol":
        edges = [(window.from_month, window.to_month) for window in self.windows.half_years]
        if [start for start, _ in edges] != [0, *(end for _, end in edges[:-1])]:
            raise ValueError("windows.half_years: each must begin where the one before ends, the first at 0")
        if any(each.counted_from != "index_date" for each in (*self.windows.half_years, self.windows.two_years)):
            raise ValueError("windows: what the programme may have changed is counted from the index date")
        before, lookback = self.windows.before, self.covariates.lookback_months
        if not before.from_month < before.to_month <= -lookback:
            raise ValueError("windows.before: it must end before the covariates' lookback begins")
        years = [(each.from_year, each.to_year) for each in self.outcomes.persistent_absence]
        if any(ended + 1 != began for (_, ended), (began, _) in pairwise(years)):
            raise ValueError("outcomes.persistent_absence: each year needs one threshold")
        return self


def read_protocol(path: Path = PROTOCOL_FILE) -> Protocol:
    """Read and check a protocol; raises DeclarationError with the line to mend."""
    try:
        return Protocol.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise DeclarationError(f"{path.name} is not YAML: {' '.join(str(error).split())}.") from None
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise DeclarationError(f"{path.name} is no whole protocol. {'; '.join(faults)}.") from None


def fingerprint(path: Path = PROTOCOL_FILE) -> str:
    """SHA-256 of the protocol's text, for the manifests."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


PROTOCOL = read_protocol()

HALF_YEARS = PROTOCOL.windows.half_years
TWO_YEARS = PROTOCOL.windows.two_years
BEFORE = PROTOCOL.windows.before
WINDOWS = (*HALF_YEARS, TWO_YEARS, BEFORE)
ADULT_AGE = PROTOCOL.ages.adult.from_age

SQL_PARAMETERS: dict[str, object] = {
    "adult_age": ADULT_AGE,
    "juvenile_age": PROTOCOL.ages.juvenile.from_age,
    "school_age_from": PROTOCOL.ages.school.from_age,
    "school_age_to": PROTOCOL.ages.school.to_age,
    "lookback_months": PROTOCOL.covariates.lookback_months,
    "first_scaled_year": PROTOCOL.outcomes.ks2.first_scaled_year,
    "expected_score": PROTOCOL.outcomes.ks2.expected_score,
    "are_switchers_excluded": PROTOCOL.eligibility.switchers == "excluded",
    "is_censored_at_18": PROTOCOL.censoring.turned_18 == "censored",
    "programme_index": PROTOCOL.eligibility.index_date["programme"],
    "comparison_index": PROTOCOL.eligibility.index_date["comparison"],
}
"""What SQL models may ask for by name."""
