"""The declared list of what crosses the doors: what it accepts, what it finds, and that nothing goes the other way."""

import ast
import json
from pathlib import Path

import click
import polars as pl
import pytest
import typer
import yaml

from tf_assets.cli.main import app
from tf_assets.linkage.definitions import defs as linkage
from tf_assets.research.definitions import defs as research
from tf_assets.research.publication.figures import PUBLISHED_TABLES
from tf_assets.verification import doors
from tf_assets.verification.doors import Rows, declared_doors, find_crossings
from tf_assets.warehouse.errors import DeclarationError
from tf_assets.warehouse.home import Home
from tf_assets.warehouse.project import project_root
from tf_assets.warehouse.resource import ZoneResource
from tf_assets.warehouse.schema import load_schemas

RELEASE, PUBLICATION = "00112233445566aa", "00112233445566aa-0123abcd"
PSEUDONYM, CONTENT_KEY, ROUNDING_KEY = "0f" * 16, "1e" * 16, 12_345_678_901_234_567_890
KEYED = {"person_pseudonym", "family_pseudonym", "rounding_key", "record_key"}
"""What a release calls people and records."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One release and one publication, as they may be."""
    made = Home(tmp_path)
    release = made.releases / RELEASE
    release.mkdir(parents=True)
    people = pl.DataFrame({"person_pseudonym": [PSEUDONYM], "rounding_key": [ROUNDING_KEY]})
    people.cast({"rounding_key": pl.UInt64}).write_parquet(release / "people.parquet")
    pl.DataFrame({"content_key": [CONTENT_KEY]}).write_parquet(release / "returns.parquet")
    (made.published / PUBLICATION / "csv").mkdir(parents=True)
    (made.published / PUBLICATION / "report.html").write_text("<p>60 families</p>" + "ab" * 32)
    (made.published / "revisions/000001-0123abcd").mkdir(parents=True)
    (made.published / "revisions/000001-0123abcd/revisions.csv").write_text(f"returns,{CONTENT_KEY}\n")
    (made.feedback / "E06000001/2015-04-01").mkdir(parents=True)
    (made.feedback / "E06000001/2015-04-01/feedback.html").write_text("<p>Row 7: no surname</p>")
    (made.root / "governance").mkdir()
    (made.root / f"governance/{RELEASE}.html").write_text("<p>1 opt-out applied</p>")
    made.project_file.write_text("{}")
    return made


def test_what_is_declared_is_found_by_its_door(home: Home) -> None:
    found = find_crossings(home)
    assert found.are_as_declared
    assert found.crossed == {
        "release": (f"releases/{RELEASE}/people.parquet", f"releases/{RELEASE}/returns.parquet"),
        "publication": (
            f"published/{PUBLICATION}/report.html",
            "published/revisions/000001-0123abcd/revisions.csv",
        ),
        "feedback": ("feedback/E06000001/2015-04-01/feedback.html",),
        "record": (f"governance/{RELEASE}.html",),
    }


@pytest.mark.parametrize(
    "name",
    [
        f"releases/{RELEASE}/names.parquet",
        f"releases/{RELEASE}/people.csv",
        f"published/{PUBLICATION}/csv/people.csv",
        f"published/{PUBLICATION}/cases.json",
        "published/E06000001-cases.csv",
        "feedback/E06000001/2015-04-01/cases.xlsx",
        "feedback/E06000001/2015-04-01/feedback-Smith.xlsx",
        "feedback/Hartlepool/2015-04-01/feedback.html",
        "exports/case-system.csv",
        "people.csv",
    ],
)
def test_a_file_that_no_line_names_is_found(home: Home, name: str) -> None:
    (home.root / name).parent.mkdir(parents=True, exist_ok=True)
    (home.root / name).write_text("a,b\n")
    assert find_crossings(home).undeclared == (name,)


def test_a_link_to_what_stays_is_no_declared_file(home: Home) -> None:
    (home.root / "research").mkdir()
    (home.root / "research/research.duckdb").write_bytes(b"")
    name = f"published/{PUBLICATION}/tables.xlsx"
    (home.root / name).symlink_to(home.root / "research/research.duckdb")
    assert find_crossings(home).undeclared == (name,)


@pytest.mark.parametrize("key", [PSEUDONYM, PSEUDONYM.upper(), "a9" * 16, str(ROUNDING_KEY)])
@pytest.mark.parametrize("ending", ["csv", "xlsx", "html"])
def test_a_key_of_a_person_in_what_leaves_is_found(home: Home, ending: str, key: str) -> None:
    folder = home.published / PUBLICATION
    path = {
        "csv": folder / "csv/outcome_counts.csv",
        "xlsx": folder / "tables.xlsx",
        "html": home.feedback / "E06000001/2015-04-01/feedback.html",
    }[ending]
    frame = pl.DataFrame({"area": ["Hartlepool"], "of": [key]})
    if ending == "xlsx":
        frame.write_excel(path)
    else:
        frame.write_csv(path)
    assert find_crossings(home).personal == (str(path.relative_to(home.root)),)


def written(tmp_path: Path, **changes: object) -> Path:
    """A list with one door and one file, of which something is changed."""
    file = {"path": "{release_id}/people.parquet", "rows": "person", "holds": "people", "why": "to know"}
    door = {"name": "release", "folder": "releases", "sender": "linkage", "receiver": "research", "files": [file]}
    file.update({name: value for name, value in changes.items() if name in file})  # type: ignore[misc]
    door.update({name: value for name, value in changes.items() if name in door})
    path = tmp_path / "doors.yml"
    path.write_text(yaml.safe_dump({"doors": [door], "inside": [], "commands": {}}))
    return path


def test_a_list_without_fault_is_read(tmp_path: Path) -> None:
    (file,) = declared_doors(written(tmp_path)).files
    assert (file.door, file.rows, file.receiver, file.why) == ("release", "person", "research", "to know")
    assert file.pattern.fullmatch(f"releases/{RELEASE}/people.parquet")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"receiver": "the council"}, "would take rows of people out of linkage to the council"),
        ({"sender": "research"}, "would take rows of people out of research"),
        ({"rows": "family"}, "has unknown rows"),
        ({"why": ""}, "must say exactly"),
        ({"path": "{anything}.csv"}, "has a name that doors.py does not know: anything"),
    ],
)
def test_a_list_that_lets_people_out_or_says_too_little_is_refused(
    tmp_path: Path, changes: dict[str, object], sentence: str
) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        declared_doors(written(tmp_path, **changes))


def test_people_cross_the_release_alone() -> None:
    by_rows: dict[Rows, set[str]] = {}
    for file in declared_doors().files:
        by_rows.setdefault(file.rows, set()).add(file.door)
    assert by_rows == {
        "person": {"release"},
        "sent_row": {"feedback"},
        "aggregate": {"release", "publication"},
        "none": {"release", "publication", "record"},
    }
    assert {file.door for file in declared_doors().files if file.sender == "research"} == {"publication"}


def commands(command: click.Command, words: tuple[str, ...] = ()) -> dict[str, click.Command]:
    """The commands without subcommands, by their words."""
    within = getattr(command, "commands", None)
    if within is None:
        return {" ".join(words): command}
    return {name: each for word, sub in within.items() for name, each in commands(sub, (*words, word)).items()}


def test_each_command_is_on_the_list_and_none_takes_a_pseudonym() -> None:
    found = commands(typer.main.get_command(app))
    assert set(found) == set(declared_doors().commands)
    asked = [
        f"{name} {parameter.name}"
        for name, command in found.items()
        for parameter in command.params
        if any(word in f"{parameter.name} {getattr(parameter, 'help', '')}" for word in ("pseudonym", "person_id"))
    ]
    assert asked == []


def test_research_knows_of_linkage_only_that_there_is_a_release() -> None:
    graph = research.resolve_asset_graph()
    assert [key.to_user_string() for key in graph.external_asset_keys] == ["spine_release"]
    both = linkage.resolve_asset_graph().get_all_asset_keys() & (graph.get_all_asset_keys() - graph.external_asset_keys)
    assert both == set()


def test_no_resource_of_research_reads_a_table_of_linkage(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_HOME", str(home.root))
    (resource,) = (research.resources or {}).values()
    assert isinstance(resource, ZoneResource) and resource.environment == "research"
    zone = resource.zone()
    assert zone.storage_key is None
    of_linkage = {name for environment, name in load_schemas() if environment == "linkage"}
    assert of_linkage and not of_linkage & set(zone.schemas)
    with zone.connect() as connection:
        visible = {
            row[0] for row in connection.sql("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()
        }
    assert visible and not of_linkage & visible


def test_no_asset_takes_anything_from_whoever_launches_it() -> None:
    for definitions in (linkage, research):
        assets = [each for each in definitions.get_repository_def().assets_defs_by_key.values() if each.is_executable]
        assert assets
        taken = [
            field
            for each in assets
            if each.op.config_schema
            for field in getattr(each.op.config_schema.config_type, "fields", {"anything": None})
        ]
        assert taken == []


def test_no_table_says_which_person_a_pseudonym_is() -> None:
    """Linkage holds persons' own ids and no pseudonyms, research pseudonyms and no ids: no table holds both."""
    for (environment, name), schema in load_schemas().items():
        columns = {column.name for column in schema.columns}
        assert not columns & (KEYED if environment == "linkage" else {"person_id", "family_id", "record_ref"}), name


def test_pseudonyms_are_made_for_the_release_alone() -> None:
    """Whoever holds the keys could make each person's pseudonym and compare; no other code does."""
    makers = {
        str(path.relative_to(project_root()))
        for path in (project_root() / "tf_assets").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "tf_assets.linkage.release.pseudonyms"
    }
    assert makers == {"tf_assets/linkage/release/contents.py"}


def test_no_published_table_is_told_of_people_one_by_one() -> None:
    schemas = load_schemas()
    for table in (*PUBLISHED_TABLES, "revisions"):
        columns = schemas["research", table].columns
        assert not [column.name for column in columns if column.classification in ("identifier", "pseudonym")]
        assert not {column.name for column in columns} & KEYED


def test_the_names_in_braces_hold_no_name() -> None:
    assert not [
        name for name, pattern in doors.NAMES.items() if json.dumps(pattern).find(".*") >= 0 or r"\w" in pattern
    ]
