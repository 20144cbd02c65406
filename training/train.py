"""Makes the scorer's weights from pages with gold, and prints its cross-validation over sites.

    python -m training.train --data PATH [--skip FILE] [--folds 5] [--out scraper/extract/weights.npz]

PATH holds andy.jsonl.xz, fundus.jsonl.xz and wcxb.jsonl.xz (JSON lines
{id, dataset, site, url, html or html_b64, text}).
Deterministic: the same pages give the same weights on the same machine. Needs torch (CPU); the runtime needs only
numpy.
"""

import argparse
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import nn

from scraper.extract.scorer import BESIDE, DILATIONS, HIDDEN, MARKS, chosen, expected
from training.pages import Labelled, read, tokens

_EPOCHS = 14
_BATCH = 8
_SITES_FOR_MARK = 6
_SITES_FOR_WORD = 10
_PAGES = 3.0  # what the wide model divides the page's figures by: they are the same for all blocks


class Vocabularies:
    """Words that stand on enough sites to mean something anywhere; 0 is the unknown word."""

    def __init__(self, pages: Sequence[Labelled]) -> None:
        self.marks = _common(pages, _SITES_FOR_MARK, marks=True)
        self.words = _common(pages, _SITES_FOR_WORD, marks=False)


def _common(pages: Sequence[Labelled], least: int, *, marks: bool) -> dict[str, int]:
    sites: dict[str, set[str]] = {}
    for page in pages:
        lists = [*page.near, *page.far] if marks else page.words
        for word in {word for one in lists for word in one}:
            sites.setdefault(word, set()).add(page.site)
    kept = sorted(word for word, on in sites.items() if len(on) >= least)
    return {word: place for place, word in enumerate(kept, 1)}


class Example:
    """A page as tensors."""

    def __init__(self, page: Labelled, known: Vocabularies) -> None:
        self.dense = torch.from_numpy(page.dense)
        self.near = _bag(page.near, known.marks)
        self.far = _bag(page.far, known.marks)
        self.words = _bag(page.words, known.words)
        self.right = torch.from_numpy(page.right)
        self.sizes = torch.from_numpy(page.sizes)
        gold = float(len(page.gold))
        self.missing = max(gold - float((page.right * page.sizes).sum()), 0.0)


def _bag(lists: Sequence[list[str]], known: dict[str, int]) -> tuple[torch.Tensor, torch.Tensor]:
    ids = [[known[word] for word in words if word in known] or [0] for words in lists]
    offsets = np.cumsum([0, *map(len, ids)])[:-1]
    return torch.tensor([one for words in ids for one in words]), torch.tensor(offsets)


class Net(nn.Module):
    """Blocks in, one figure a block out; neighbours are seen through convolutions, the page through its mean."""

    def __init__(self, dense: int, marks: int, words: int) -> None:
        super().__init__()
        self.near = nn.EmbeddingBag(marks + 1, MARKS, mode="sum", padding_idx=0)
        self.far = nn.EmbeddingBag(marks + 1, MARKS, mode="sum", padding_idx=0)
        self.words = nn.EmbeddingBag(words + 1, MARKS, mode="mean", padding_idx=0)
        for one in (self.near, self.far, self.words):
            nn.init.normal_(one.weight, std=0.05)
            one.weight.data[0] = 0
        self.enter = nn.Linear(dense + 4 * MARKS, HIDDEN)
        self.around = nn.ModuleList(nn.Conv1d(HIDDEN, HIDDEN, 3, dilation=d, padding=d) for d in DILATIONS)
        self.page = nn.Linear(2 * HIDDEN, HIDDEN)
        self.leave = nn.Linear(2 * HIDDEN, 1)
        self.drop = nn.Dropout(0.2)

    def forward(self, one: Example) -> torch.Tensor:
        bags = [layer(*bag) for layer, bag in ((self.near, one.near), (self.far, one.far), (self.words, one.words))]
        weight = one.sizes.sqrt()[:, None]
        weight = weight / weight.sum()
        # Beside it, without what stands around most of the page's words: some sites call the whole page a "widget".
        bags.append(bags[1] - (bags[1] * weight).sum(0))
        bags = [torch.tanh(bag) for bag in bags]
        if self.training:  # whole kinds of evidence are missing on some sites
            bags = [bag * float(torch.rand(()) > 0.25) for bag in bags]
        x = torch.relu(self.enter(self.drop(torch.cat([one.dense, *bags], 1))))
        for layer in self.around:
            x = x + torch.relu(layer(self.drop(x).T[None])[0].T)
        mean = (x * weight).sum(0)
        page = torch.relu(self.page(torch.cat([mean, x.max(0).values])))
        return self.leave(torch.cat([x, x * page], 1))[:, 0]


class Wide(nn.Module):
    """Logistic regression on a block's figures, its neighbours', the page's mean and maximum, and the mark words."""

    def __init__(self, pages: Sequence[Labelled], marks: int) -> None:
        super().__init__()
        rows = np.concatenate([page.dense for page in pages])
        self.mean, self.spread = torch.from_numpy(rows.mean(0)), torch.from_numpy(rows.std(0) + 1e-2)
        self.beside = nn.Conv1d(rows.shape[1], 1, 2 * BESIDE + 1, padding=BESIDE)
        self.glance = nn.Linear(2 * rows.shape[1], 1)
        self.near = nn.EmbeddingBag(marks + 1, 1, mode="sum", padding_idx=0)
        self.far = nn.EmbeddingBag(marks + 1, 1, mode="sum", padding_idx=0)
        for one in (self.beside, self.glance, self.near, self.far):
            nn.init.zeros_(one.weight)

    def forward(self, one: Example) -> torch.Tensor:
        weight = one.sizes.sqrt()[:, None]
        dense = (one.dense - self.mean) / self.spread
        page = torch.cat([(dense * weight).sum(0) / weight.sum(), dense.max(0).values]) / _PAGES
        marks = self.near(*one.near) + self.far(*one.far)
        return self.beside(dense.T[None])[0, 0] + self.glance(page) + marks[:, 0]


class Both(nn.Module):
    """The mean of their log-odds. Trained apart they err on different pages; trained as one they win nothing."""

    def __init__(self, net: Net, wide: Wide) -> None:
        super().__init__()
        self.net, self.wide = net, wide

    def forward(self, one: Example) -> torch.Tensor:
        return (self.net(one) + self.wide(one)) / 2


Loss = Callable[[torch.Tensor, Example], torch.Tensor]


def _entropy(scores: torch.Tensor, one: Example) -> torch.Tensor:
    """Cross entropy weighted by the root of the words."""
    weight = one.sizes.sqrt()
    return nn.functional.binary_cross_entropy_with_logits(scores, one.right, weight, reduction="sum") / weight.sum()


def _loss(scores: torch.Tensor, one: Example) -> torch.Tensor:
    """Cross entropy, and one minus the page's soft F1 by words."""
    kept = torch.sigmoid(scores) * one.sizes
    right = (kept * one.right).sum()
    total = kept.sum() + (one.right * one.sizes).sum() + one.missing
    return _entropy(scores, one) + 1 - 2 * right / total.clamp(min=1.0)


def fit(pages: Sequence[Labelled], seed: int) -> tuple[Both, Vocabularies]:
    """Train on these pages."""
    torch.manual_seed(seed)
    known = Vocabularies(pages)
    examples = [Example(page, known) for page in pages]
    weights = [1.0 if page.kind in ("article", "mixed") else 0.35 for page in pages]
    net = Net(pages[0].dense.shape[1], len(known.marks), len(known.words))
    _train(net, examples, weights, _loss)
    wide = Wide(pages, len(known.marks))
    _train(wide, examples, weights, _entropy)
    return Both(net, wide).eval(), known


def _train(net: nn.Module, examples: Sequence[Example], weights: Sequence[float], loss: Loss) -> None:
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.05)
    steps = _EPOCHS * ((len(examples) + _BATCH - 1) // _BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps)
    net.train()
    for _ in range(_EPOCHS):
        order = torch.randperm(len(examples)).tolist()
        for start in range(0, len(order), _BATCH):
            optimiser.zero_grad()
            for place in order[start : start + _BATCH]:
                (loss(net(examples[place]), examples[place]) * weights[place] / _BATCH).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()
            schedule.step()


def f1(page: Labelled, scores: np.ndarray) -> float:
    """Word F1 of the page when the blocks are chosen by these scores."""
    kept = chosen(scores, page.sizes)
    said = Counter(word for text, keep in zip(page.texts, kept, strict=True) if keep for word in tokens(text))
    gold = Counter(page.gold)
    common = sum((said & gold).values())
    return 2 * common / (said.total() + gold.total()) if common else 0.0


def predict(net: Both, known: Vocabularies, page: Labelled) -> np.ndarray:
    with torch.no_grad():
        return torch.sigmoid(net(Example(page, known))).numpy()


def fold_of(site: str, folds: int) -> int:
    """Which fold a site belongs to; all its pages stand in one."""
    return zlib.crc32(site.encode()) % folds


def validate_fold(job: tuple[list[Labelled], frozenset[str], int, int, int]) -> dict[str, tuple[float, np.ndarray]]:
    """F1 and scores of every page of a fold, by a net trained on the others."""
    pages, skip, fold, folds, members = job
    torch.set_num_threads(1)
    train = [page for page in pages if fold_of(page.site, folds) != fold and page.id not in skip]
    nets = [fit(train, seed) for seed in range(members)]
    result = {}
    for page in pages:
        if fold_of(page.site, folds) == fold:
            scores = np.mean([predict(net, known, page) for net, known in nets], axis=0)
            result[page.id] = (f1(page, scores), scores)
    return result


def calibration(expectations: Sequence[float], reached: Sequence[float], bins: int = 12) -> np.ndarray:
    """Knots (2, n) of a rising line from what is expected to what is reached.

    Means of equal bins, pooled until they rise (pool adjacent violators: Ayer and others, 1955).
    """
    order = np.argsort(expectations)
    groups = [
        (float(np.mean(np.take(expectations, part))), float(np.mean(np.take(reached, part))), len(part))
        for part in np.array_split(order, bins)
    ]
    pooled: list[tuple[float, float, int]] = []
    for group in groups:
        pooled.append(group)
        while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
            (x, y, n), (x2, y2, n2) = pooled[-2:]
            pooled[-2:] = [((x * n + x2 * n2) / (n + n2), (y * n + y2 * n2) / (n + n2), n + n2)]
    knots = [(0.0, 0.0), *((x, y) for x, y, _ in pooled)]
    return np.array(knots, np.float32).T


def save(both: Both, known: Vocabularies, file: Path, knots: np.ndarray | None = None) -> None:
    """Write the weights in half precision as the runtime reads them: each model's log-odds halved, figures unscaled."""
    state = {name: value.numpy() for name, value in both.net.state_dict().items()}
    wide = {name: value.numpy() / 2 for name, value in both.wide.state_dict().items()}
    arrays = {"words": state["words.weight"]}
    for name in ("near", "far"):
        arrays[name] = np.concatenate([state[f"{name}.weight"], wide[f"{name}.weight"]], 1)
    for name in ("enter", "page", "leave"):
        arrays[name], arrays[f"{name}_bias"] = state[f"{name}.weight"].T, state[f"{name}.bias"]
    arrays["leave"], arrays["leave_bias"] = arrays["leave"] / 2, arrays["leave_bias"] / 2
    mean, spread = both.wide.mean.numpy(), both.wide.spread.numpy()
    arrays["beside"] = wide["beside.weight"][0] / spread[:, None]
    arrays["beside_bias"] = -mean @ arrays["beside"]
    arrays["glance"] = wide["glance.weight"].T / np.tile(spread, 2)[:, None] / _PAGES
    arrays["glance_bias"] = wide["glance.bias"] + wide["beside.bias"] - np.tile(mean, 2) @ arrays["glance"]
    for place in range(len(DILATIONS)):
        arrays[f"around{place}"] = state[f"around.{place}.weight"].transpose(2, 1, 0).reshape(3 * HIDDEN, HIDDEN)
        arrays[f"around{place}_bias"] = state[f"around.{place}.bias"]
    if knots is not None:
        arrays["calibration"] = knots
    halves = {name: values.astype(np.float16) for name, values in arrays.items()}
    np.savez_compressed(file, mark_words="\n".join(known.marks), word_list="\n".join(known.words), **halves)


def main() -> None:
    """Print the cross-validation, then train on everything and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--skip", type=Path, help="ids of pages with faulty gold, a line each: not trained on")
    parser.add_argument("--folds", type=int, default=5, help="0: no cross-validation")
    parser.add_argument("--out", type=Path, default=Path("scraper/extract/weights.npz"))
    options = parser.parse_args()
    skip = frozenset(options.skip.read_text().split()) if options.skip else frozenset()
    pages = read(options.data, ("andy", "fundus", "wcxb"))
    print(f"{len(pages)} pages, {len({page.site for page in pages})} sites", flush=True)
    knots = _validated(pages, skip, options.folds) if options.folds else None
    torch.set_num_threads(1)  # more threads add in another order
    net, known = fit([page for page in pages if page.id not in skip], seed=0)
    save(net, known, options.out, knots)
    print(f"{options.out}: {len(known.marks)} mark words, {len(known.words)} words, {options.out.stat().st_size} bytes")


def _validated(pages: list[Labelled], skip: frozenset[str], folds: int) -> np.ndarray:
    """Print the word F1 of every data set, each page judged by a net that saw no page of its site.

    Returns the calibration: over the articles, from the F1 that the scores expect to the F1 that was reached.
    """
    found: dict[str, tuple[float, np.ndarray]] = {}
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for part in pool.map(validate_fold, [(pages, skip, fold, folds, 1) for fold in range(folds)]):
            found |= part
    groups: dict[str, list[float]] = {}
    for page in pages:
        groups.setdefault(f"{page.dataset} {page.kind}", []).append(found[page.id][0])
    for name, values in sorted(groups.items()):
        low = sum(value < 0.5 for value in values) / len(values)
        print(f"{name:24} {len(values):5} pages  F1 {np.mean(values):.3f}  below .5 {low:.3f}", flush=True)
    judged = [page for page in pages if page.kind in ("article", "mixed") and page.id not in skip]
    knots = calibration(
        [expected(found[page.id][1], page.sizes) for page in judged], [found[page.id][0] for page in judged]
    )
    print("expected -> reached:", ", ".join(f"{x:.3f} -> {y:.3f}" for x, y in knots.T), flush=True)
    return knots


if __name__ == "__main__":
    main()
