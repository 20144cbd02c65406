"""What changed between two texts, told within bounds whatever a site puts into them."""

import random

import pytest

from dateline.diffs import Piece, word_diff

DICE = random.Random(1)


def coins(count: int, between: str) -> str:
    return between.join(DICE.choice("ab") for _ in range(count))


def told(old: str, new: str) -> list[list[tuple[str, str]]]:
    return [[(piece.fate, piece.text) for piece in pieces] for pieces in word_diff(old, new)]


def joined(paragraphs: list[list[Piece]], without: str) -> str:
    return "".join(piece.text for pieces in paragraphs for piece in pieces if piece.fate != without)


def test_words_and_paragraphs_that_changed_are_told() -> None:
    assert told("The mayor spoke on Monday.\nAll agreed.", "The mayor spoke on Friday.\nAll agreed.\nNobody left.") == [
        [("same", "The mayor spoke on "), ("gone", "Monday"), ("new", "Friday"), ("same", ".")],
        [("same", "All agreed.")],
        [("new", "Nobody left.")],
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (coins(20_000, " "), coins(20_000, " ")),
        (coins(8_000, "\n"), coins(8_000, "\n")),
        (" ".join(f"x a{n}" for n in range(2_000)), " ".join(f"b{n} x" for n in range(2_000))),
        ("\n".join(f"a{n}" for n in range(4_000)), "\n".join(f"b{n}" for n in range(4_000))),
    ],
    ids=["two words", "two lines", "one word among others", "lines that are all unlike"],
)
def test_texts_that_would_take_minutes_or_days_are_told_as_replaced(old: str, new: str) -> None:
    found = word_diff(old, new)  # would not come back soon without a limit
    assert joined(found, "new") == old.replace("\n", "")
    assert joined(found, "gone") == new.replace("\n", "")
