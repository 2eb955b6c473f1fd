"""Where the project's declarations stand: `dbt_like_sql/` and `expectations/`, beside the package."""

from pathlib import Path

from tf_assets.warehouse.errors import DeclarationError


def project_root() -> Path:
    """The folder that holds `tf_assets`, `dbt_like_sql` and `expectations`."""
    root = Path(__file__).resolve().parents[2]
    if not (root / "dbt_like_sql").is_dir():
        raise DeclarationError(
            "The folder dbt_like_sql does not stand beside tf_assets. Install the project from its checkout, "
            "with `make install` or `pip install -e .`."
        )
    return root
