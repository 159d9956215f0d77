"""Readers of text, on small files of the same form; the real files in the slow run."""

import datetime
import io
import re
import tarfile
from collections import Counter

import pytest

from course_attn.data import date_pairs, number_words, pronunciations, tagged_sentences
from course_attn.data.text import DATE_LOCALES, read_brown, read_cmudict


def test_brown_reads_texts_in_order_and_cuts_tags(tmp_path):
    texts = {
        "package/cb01": "\tThen/rb ,/, ``/`` no/at-hl ''/'' --/---hl */*-tl\n",
        "package/ca02": "A/at and/or/cc b/nn+bez la/fw-at-tl --/--\n\n  \nThe/at end/nn-tl\n",
        "package/README": "not/a text/b",
    }
    with tarfile.open(tmp_path / "brown.tgz", "w:gz") as archive:
        for name, text in texts.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode("latin-1")))
    assert read_brown(tmp_path / "brown.tgz") == [
        [("A", "at"), ("and/or", "cc"), ("b", "nn"), ("la", "at"), ("--", "--")],
        [("The", "at"), ("end", "nn")],
        [("Then", "rb"), (",", ","), ("``", "``"), ("no", "at"), ("''", "''"), ("--", "--"), ("*", "*")],
    ]


@pytest.mark.parametrize("damage", ["no archive", "cut", "garbled", "empty", "of something else"])
def test_an_archive_that_is_none(tmp_path, damage):
    path = tmp_path / "brown.tgz"
    name = "package/other" if damage == "of something else" else "package/ca01"
    with tarfile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(name)
        member.size = 90_000
        archive.addfile(member, io.BytesIO(b"a/at b/nn\n" * 9000))
    whole = path.read_bytes()
    middle = len(whole) // 2
    contents = {"no archive": b"a/at b/nn", "cut": whole[:middle], "empty": b""}
    contents["garbled"] = whole[:middle] + b"garbled!" + whole[middle + 8 :]
    path.write_bytes(contents.get(damage, whole))
    with pytest.raises(ValueError, match=r"read_brown: the file must be the corpus's archive, got brown\.tgz"):
        read_brown(path)


def test_cmudict_keeps_each_pronunciation_and_drops_comments(tmp_path):
    path = tmp_path / "cmudict.dict"
    path.write_text("a AH0\na(2) EY1\ncat K AE1 T # the animal\n\n", encoding="utf-8")
    assert read_cmudict(path) == [("a", ["AH0"]), ("a", ["EY1"]), ("cat", ["K", "AE1", "T"])]


@pytest.mark.parametrize(
    ("language", "number", "words"),
    [
        ("en", 21, "twenty-one"),
        ("de", 21, "einundzwanzig"),
        ("fr", 97, "quatre-vingt-dix-sept"),
        ("en", 0, "zero"),
    ],
)
def test_number_words(language, number, words):
    assert number_words([number], language) == [(words, str(number))]


def test_date_pairs():
    date = datetime.date(2021, 5, 4)
    assert date_pairs([date]) == [("May 4, 2021", "2021-05-04")]
    assert date_pairs([date], "de", "full") == [("Dienstag, 4. Mai 2021", "2021-05-04")]
    written = {date_pairs([date], locale)[0][0] for locale in DATE_LOCALES}
    assert len(written) > len(DATE_LOCALES) // 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: number_words(["a"]), "number_words: numbers must be whole numbers, got str 'a'"),
        (lambda: number_words([1, 2.5]), "numbers must be whole numbers, got float 2.5"),
        (lambda: number_words([True]), "numbers must be whole numbers, got bool True"),
        (lambda: number_words([10**40]), "numbers must be small enough for CLDR's words, got 1000000"),
        (lambda: date_pairs(["2021"]), "date_pairs: dates must be of class datetime.date, got str '2021'"),
        (lambda: date_pairs([None]), "dates must be of class datetime.date, got NoneType None"),
        (lambda: number_words([1], "xx"), "language must be a two-letter code"),
        (lambda: date_pairs([datetime.date(2021, 1, 1)], "xx"), "locale must be a CLDR locale"),
        (lambda: date_pairs([datetime.date(2021, 1, 1)], form="tiny"), "form must be one of short, medium"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.slow
def test_the_real_brown_corpus():
    sentences = tagged_sentences()
    assert len(sentences) == 57340
    assert sum(map(len, sentences)) == 1161192
    assert sentences[0][:3] == [("The", "at"), ("Fulton", "np"), ("County", "nn")]
    tags = Counter(tag for sentence in sentences for _, tag in sentence)
    assert len(tags) == 104
    assert tags["--"] == 3431  # 3405 in running text, 26 in headlines
    assert not [tag for tag in tags if re.search(r"[-+]", tag) and tag != "--"]


@pytest.mark.slow
def test_the_real_dictionary():
    entries = pronunciations()
    assert len(entries) == 135166
    assert len({word for word, _ in entries}) == 126052
    assert ("cat", ["K", "AE1", "T"]) in entries
