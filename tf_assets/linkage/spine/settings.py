"""Everything a linkage can be told, and what it hands back."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

LINK_SCHEMA = {
    "left_record_id": pl.String,
    "right_record_id": pl.String,
    "stage": pl.String,
    "match_weight": pl.Float64,
    "probability": pl.Float64,
}
"""A link: its two records, the stage that made it, log2 of the odds for it before rivals are counted, and the
probability that it is true after they are."""

QUALITY_SCHEMA = {
    "stage": pl.String,
    "n_left": pl.Int64,
    "n_links": pl.Int64,
    "estimated_precision": pl.Float64,
    "precision_low": pl.Float64,
    "precision_high": pl.Float64,
    "estimated_recall": pl.Float64,
    "recall_low": pl.Float64,
    "recall_high": pl.Float64,
}
"""A stage, or all of them: people that it had to link, its links, and how good they are estimated to be, without truth."""

PARAMETER_SCHEMA = {
    "comparison": pl.String,
    "level": pl.String,
    "m": pl.Float64,
    "u": pl.Float64,
    "m_source": pl.String,
    "u_source": pl.String,
}


@dataclass(frozen=True)
class LinkSettings:
    """Parameters of a linkage; every one of them is recorded beside its result.

    target_precision: pairs are accepted from the surest downwards for as long as the mean probability of all links
    stays above it.
    least_probability: no link below it is accepted, whatever the mean says.
    clerical_floor: pairs between it and acceptance are for a person to look at.
    key_precision: a matchkey whose links are estimated worse than this is not used.
    fewest_training_links: with fewer key links than this nothing is learnt and the declared parameters are used.
    max_block_pairs: a block that would compare more pairs than this tells nobody apart and is left out.
    max_training_pairs: size of the training of m; training_sample: records a side for the training of u.
    family_rounds: how often the members of families are looked for where others have been found.
    seed: of the sample.
    """

    target_precision: float = 0.998
    least_probability: float = 0.5
    clerical_floor: float = 0.2
    key_precision: float = 0.99
    fewest_training_links: int = 200
    max_block_pairs: int = 100_000
    max_training_pairs: int = 200_000
    training_sample: int = 750
    family_rounds: int = 1
    seed: int = 1


@dataclass(frozen=True)
class Model:
    """The parameters that pairs were weighed with.

    parameters: `PARAMETER_SCHEMA`, one row a comparison and level: m and u, and for each whether it was trained or declared.
    is_trained: False when there was too little to learn from.
    match_rate: share of left records, not linked by a key, that have a partner on the right.
    refused_keys: matchkeys that were not good enough here; n_capped_blocks: blocks that were left out for their size.
    """

    parameters: pl.DataFrame
    is_trained: bool
    match_rate: float
    refused_keys: tuple[str, ...]
    n_capped_blocks: int

    @property
    def declared_levels(self) -> tuple[str, ...]:
        """Levels with a parameter that the data could not teach."""
        declared = self.parameters.filter((pl.col("m_source") == "declared") | (pl.col("u_source") == "declared"))
        return tuple(declared.select(pl.format("{}: {}", "comparison", "level")).to_series())


@dataclass(frozen=True)
class Linkage:
    """What a linkage found.

    links, clerical: `LINK_SCHEMA`, sorted by record ids; a record of either side is in `links` at most once, and in
    `clerical` only if it is not in `links`.
    quality: `QUALITY_SCHEMA`, one row a stage and one for all, estimated without truth.
    weights: counts of scored pairs by whole match weight and verdict (link, clerical, refused), for a histogram.
    threshold: the probability from which pairs were accepted.
    """

    links: pl.DataFrame
    clerical: pl.DataFrame
    quality: pl.DataFrame
    weights: pl.DataFrame
    model: Model
    threshold: float
    settings: LinkSettings

    @property
    def summary(self) -> Mapping[str, object]:
        """Numbers for a person who looks at a run; never a value of an identifier."""
        return {
            "links": self.links.height,
            "clerical pairs": self.clerical.height,
            "accepted from probability": round(self.threshold, 4),
            "model": "trained" if self.model.is_trained else "declared: too few links to learn from",
            "levels with declared parameters": ", ".join(self.model.declared_levels) or "none",
            "matchkeys refused": ", ".join(self.model.refused_keys) or "none",
            "blocks left out": self.model.n_capped_blocks,
        }
