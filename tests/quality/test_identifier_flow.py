"""The gate on lineage: what it lets through, and that each way around the pseudonymiser is a fault."""

from pathlib import Path

import pytest

from tf_assets.linkage.release.identifier_paths import linkage_flow, refuse_identifier_paths
from tf_assets.quality.identifier_flow import NEARNESS, Flow, find_faults
from tf_assets.warehouse.errors import DeclarationError, GateFailed
from tf_assets.warehouse.models import load_models
from tf_assets.warehouse.schema import Classification, load_schemas

PEOPLE_SQL = "-- People.\nSELECT person_id, CAST(date_trunc('month', born) AS DATE) AS birth_month FROM register"

LINKAGE = """
stage: spine
owner: team:linkage
tables:
  - name: register
    kind: python
    description: What came.
    grain: one row a person
    key: [person_ref]
    columns:
      - {name: person_ref, type: VARCHAR, description: "the council's", classification: reference}
      - {name: surname, type: VARCHAR, description: "surname", classification: identifier}
      - {name: born, type: DATE, description: "date of birth", classification: identifier}
      - {name: person_id, type: VARCHAR, description: "our id", classification: pseudonym}
      - {name: n_visits, type: INTEGER, description: "visits", classification: measure}
  - name: people
    kind: sql
    grain: one row a person
    key: [person_id]
    columns:
      - {name: person_id, type: VARCHAR, description: "our id", classification: pseudonym}
      - {name: birth_month, type: DATE, description: "month", classification: quasi_identifier, step: coarsened}
  - name: links
    kind: python
    description: Who is whom.
    grain: one row a link
    key: [person_id]
    columns:
      - {name: person_id, type: VARCHAR, description: "our id", classification: pseudonym, derived_from: [people.person_id]}
      - {name: score, type: DOUBLE, description: "how alike", classification: measure, step: compared}
"""
RESEARCH = """
stage: extracts
owner: team:research
tables:
  - name: released_people
    kind: python
    description: The release.
    grain: one row a person
    key: [person_pseudonym]
    columns:
      - name: person_pseudonym
        type: VARCHAR
        description: "p"
        classification: pseudonym
        derived_from: [people.person_id]
        step: pseudonymised
      - {name: birth_month, type: DATE, description: "m", classification: quasi_identifier, derived_from: [people.birth_month]}
      - {name: score, type: DOUBLE, description: "s", classification: measure, derived_from: [links.score]}
"""
DEPS = {"register": [], "people": ["register"], "links": ["register", "people"], "release": ["people", "links"]}
"""As the assets say; the release is one of them."""


def flow(
    root: Path, linkage: str = LINKAGE, research: str = RESEARCH, people: str = PEOPLE_SQL, **more: list[str]
) -> Flow:
    """A small linkage environment and the release that research knows."""
    for environment, stage, schema in (("linkage", "spine", linkage), ("research", "extracts", research)):
        (root / environment / stage).mkdir(parents=True)
        (root / environment / stage / "schema.yml").write_text(schema)
    (root / "linkage/spine/people.sql").write_text(people)
    deps = {name: made_of for name, made_of in (DEPS | more).items() if name != "release"}
    return Flow(load_schemas(root), load_models("linkage", root), deps, ["released_people"])


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def test_what_passes_the_declared_steps_passes(tmp_path: Path) -> None:
    small = flow(tmp_path)
    assert find_faults(small) == []
    assert small.upstream_of_the_release() == {"register", "people", "links"}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        # an id of linkage as it stands
        (
            "        step: pseudonymised\n",
            "",
            "released_people.person_pseudonym comes from people.person_id and does not pass",
        ),
        ("step: pseudonymised", "step: compared", "person_pseudonym comes from people.person_id and does not pass"),
        # an identifier straight into the release, whatever it is called
        (
            "derived_from: [links.score]",
            "derived_from: [register.surname]",
            "released_people.score comes from register.s",
        ),
        (
            "derived_from: [people.birth_month]",
            "derived_from: [register.born], step: coarsened",
            "released_people.birth_month comes from register.born and does not pass the pseudonymiser",
        ),
        (
            "classification: measure, derived_from: [links.score]",
            "classification: identifier, derived_from: [register.surname], step: pseudonymised",
            "released_people.score is classified identifier: no release may hold that",
        ),
        # a column that does not say, or says what is not there
        (", derived_from: [links.score]", "", "released_people.score does not say which column of linkage"),
        ("[links.score]", "[links.nothing]", "released_people.score comes from links.nothing, which no schema.yml"),
        ("[links.score]", "[outcomes.n]", "released_people.score comes from outcomes.n, which no schema.yml"),
    ],
)
def test_a_way_around_the_pseudonymiser_is_a_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert fault in " ".join(find_faults(flow(tmp_path, research=changed(RESEARCH, old, new))))


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        # values of an identifier under another name, through a CTE, and by a comparison
        ("SELECT surname AS person_id, date_trunc('month', born) AS birth_month FROM register", "register.surname (id"),
        (
            "WITH c AS (SELECT upper(surname) AS s, born FROM register) "
            "SELECT s AS person_id, date_trunc('month', born) AS birth_month FROM c",
            "people.person_id is classified pseudonym, but may come from register.surname (identifier)",
        ),
        (
            "SELECT CASE WHEN surname = 'X' THEN person_id END AS person_id, born AS birth_month FROM register",
            "people.person_id is classified pseudonym, but may come from register.surname (identifier)",
        ),
        # identifiers that decide which rows there are
        (
            "SELECT person_id, born AS birth_month FROM register WHERE surname = 'X'",
            "people.sql joins, filters or orders by register.surname, which it does not show",
        ),
        (
            "SELECT a.person_id, a.born AS birth_month FROM register AS a JOIN register AS b ON a.person_ref = b.surname",
            "people.sql joins, filters or orders by register.person_ref, register.surname, which it does not show",
        ),
        (
            "SELECT person_id, born AS birth_month FROM register WHERE surname IN (SELECT surname FROM register)",
            "people.sql joins, filters or orders by register.surname",
        ),
    ],
)
def test_an_identifier_in_sql_is_followed(tmp_path: Path, sql: str, fault: str) -> None:
    assert fault in " ".join(find_faults(flow(tmp_path, people=f"-- People.\n{sql}")))


def test_rows_that_are_declared_pass_and_idle_declarations_are_a_fault(tmp_path: Path) -> None:
    filtered = PEOPLE_SQL + " WHERE surname IS NOT NULL"
    declaring = changed(
        LINKAGE,
        "    kind: sql\n    grain: one row a person\n",
        "    kind: sql\n    grain: one row a person\n    rows_decided_by: [register.surname]\n",
    )
    assert find_faults(flow(tmp_path / "declared", linkage=declaring, people=filtered)) == []
    (idle,) = find_faults(flow(tmp_path / "idle", linkage=declaring))
    assert idle == "people says rows_decided_by register.surname, which decides none. Drop it."


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        # what a Python table does not say may come from anything that it is made of
        (
            ", step: compared}",
            "}",
            "links.score is classified measure, but may come from register.person_ref (reference)",
        ),
        (
            ", derived_from: [people.person_id]",
            "",
            "links.person_id is classified pseudonym, but may come from register.",
        ),
        (", step: coarsened", "", "people.birth_month is classified quasi_identifier, but may come from register.born"),
        # classified as less than it is
        (
            'description: "our id", classification: pseudonym, derived_from',
            'description: "our id", classification: measure, derived_from',
            "links.person_id is classified measure, but may come from people.person_id (pseudonym)",
        ),
    ],
)
def test_a_python_table_that_says_too_little_is_a_fault(tmp_path: Path, old: str, new: str, fault: str) -> None:
    assert fault in " ".join(find_faults(flow(tmp_path, linkage=changed(LINKAGE, old, new))))


def test_a_step_of_the_whole_table_stands_for_its_columns(tmp_path: Path) -> None:
    whole = changed(LINKAGE, ", step: compared}", "}")
    whole = changed(whole, "    description: Who is whom.\n", "    description: Who is whom.\n    step: compared\n")
    assert find_faults(flow(tmp_path, linkage=whole)) == []


def test_an_undeclared_asset_is_a_fault(tmp_path: Path) -> None:
    small = flow(tmp_path, exports=["people"], links=["register", "people", "exports"])
    assert small.undeclared() == {"exports"}
    assert find_faults(small) == [
        "exports is an asset of linkage that no schema.yml declares. Declare it, with its columns.",
        "links is made of exports, which no schema.yml of linkage declares. Declare it, with its columns.",
    ]


@pytest.mark.parametrize("said", ["classification: reference", "classification: harmless", "classification: ''"])
def test_an_unclassified_column_does_not_load(tmp_path: Path, said: str) -> None:
    linkage = changed(LINKAGE, "classification: reference", said)
    if said.endswith("reference"):
        assert find_faults(flow(tmp_path, linkage=linkage)) == []
    else:
        with pytest.raises(DeclarationError, match=r"register.person_ref has (no|an unknown) classification"):
            flow(tmp_path, linkage=linkage)


def test_every_classification_has_its_nearness() -> None:
    assert set(NEARNESS) == set(Classification.__args__)


def test_no_table_of_linkage_has_a_fault() -> None:
    real = linkage_flow()
    assert find_faults(real) == []
    assert real.upstream_of_the_release() > {"council_register", "hospital_identities", "people", "record_links"}
    refuse_identifier_paths()


def test_the_release_is_refused_with_the_faults(monkeypatch: pytest.MonkeyPatch) -> None:
    real = linkage_flow()
    schemas = dict(real.schemas)
    people = schemas["linkage", "people"]
    columns = tuple(
        column if column.name != "birth_month" else type(column)(column.name, "DATE", "day", "measure")
        for column in people.columns
    )
    schemas["linkage", "people"] = type(people)(**{**vars(people), "columns": columns})
    spoilt = Flow(schemas, real.models, real.deps, real.released)
    monkeypatch.setattr("tf_assets.linkage.release.identifier_paths.linkage_flow", lambda: spoilt)
    with pytest.raises(GateFailed, match=r"current one stands. people.birth_month is classified measure, but may come"):
        refuse_identifier_paths()
