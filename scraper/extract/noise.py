"""Blocks that nobody wrote to be read: dumps of data, one word for ever, thousands of crumbs. They drown articles."""

from collections.abc import Sequence

from scraper.blocks import Block
from scraper.extract.features import MOST_BLOCKS
from storage.likeness import SPACELESS

_LONG = 1_500  # characters; no shorter block is looked into
_LONGEST_WORDS = 100  # characters a word, on average
_MANY_WORDS = 1_000
_LEAST_DIFFERENT = 50  # so many words hold at least one that none before it was; long novels stay far below


def without_noise(blocks: Sequence[Block]) -> list[Block]:
    """The blocks that may be prose; of an endless page, the longest ones. In their order."""
    kept = [block for block in blocks if len(block.text) < _LONG or not _is_noise(block.text)]
    if len(kept) <= MOST_BLOCKS:
        return kept
    longest = sorted(range(len(kept)), key=lambda place: len(kept[place].text), reverse=True)[:MOST_BLOCKS]
    return [kept[place] for place in sorted(longest)]


def _is_noise(text: str) -> bool:
    words = text.split()
    if len(words) * _LONGEST_WORDS < len(text) and not SPACELESS.search(text):
        return True
    return len(words) > _MANY_WORDS and len(set(words)) * _LEAST_DIFFERENT < len(words)
