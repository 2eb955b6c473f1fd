"""What must hold of any bytes at all: a judged return or a sentence, and nothing of the file in either."""

import re
from datetime import date, datetime

from tests.fuzz.shapes import CANARIES
from tf_assets.linkage.returns.judging import Received, ReturnRefused, judge_return

RECEIVED = Received("E06000001", date(2015, 4, 1), datetime(2015, 7, 20), "0" * 64)
_NO_SENTENCE = re.compile(r"Traceback|\w(?:Error|Exception)\b|panicked|0x[0-9a-f]{6}|\.py\b|\.rs\b|, line \d+")


class BrokenProperty(AssertionError):
    """What a file showed; its message may hold what leaked, for it is fictional."""


def sentence_of(content: bytes) -> str | None:
    """The sentence of the refusal, None when the return is accepted; `BrokenProperty` for anything else."""
    try:
        judged = judge_return(content, RECEIVED)
    except ReturnRefused as refusal:
        _check_sentence(str(refusal))
        _check_silence(str(refusal), refusal.judgements.write_csv())
        return str(refusal)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        raise BrokenProperty(f"{type(error).__name__}: {str(error)[:300]}") from error
    if judged.accepted.is_empty():
        raise BrokenProperty("A return without any row was accepted.")
    _check_silence(judged.judgements.write_csv(), repr(judged.facts), repr(judged.unused))
    return None


def _check_sentence(sentence: str) -> None:
    if not re.match(r"[A-Z0-9“]", sentence) or not sentence.endswith(".") or _NO_SENTENCE.search(sentence):
        raise BrokenProperty(f"No sentence: {sentence[:300]}")
    if any(ord(letter) < 32 for letter in sentence):
        raise BrokenProperty(f"Control characters in a sentence: {sentence[:300]!r}")


def _check_silence(*texts: str) -> None:
    for text in texts:
        told = [canary for canary in CANARIES if canary in text.lower()]
        if told or "cmd|" in text:
            at = text.lower().find(told[0]) if told else text.find("cmd|")
            raise BrokenProperty(f"A cell is repeated: {text[max(0, at - 100) : at + 100]!r}")
