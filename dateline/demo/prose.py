"""Generated news prose: a small grammar whose fixed runs are short, so that two articles share hardly a phrase."""

import random
import re

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiou])")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


TOPICS: dict[str, tuple[str, ...]] = {
    "World": (
        "border crossing",
        "peace mission",
        "grain corridor",
        "embassy compound",
        "visa agreement",
        "relief convoy",
    ),
    "Business": (
        "container terminal",
        "pension fund",
        "steel mill",
        "savings bank",
        "airline merger",
        "copper contract",
    ),
    "Science": (
        "radio telescope",
        "seed vault",
        "fusion experiment",
        "polar station",
        "vaccine trial",
        "deep-sea survey",
    ),
    "Culture": ("opera house", "film archive", "poetry festival", "museum wing", "folk ensemble", "public library"),
    "Politics": ("electoral law", "budget bill", "coalition pact", "tax reform", "city charter", "ministry audit"),
    "Health": (
        "district hospital",
        "nursing school",
        "malaria programme",
        "blood bank",
        "ambulance service",
        "flu campaign",
    ),
    "Sport": ("cycling tour", "rowing regatta", "football academy", "ski marathon", "chess league", "athletics track"),
    "Climate": ("wind farm", "flood barrier", "mangrove nursery", "solar array", "heat plan", "carbon registry"),
    "Technology": (
        "satellite network",
        "chip factory",
        "data centre",
        "tram software",
        "payment system",
        "robot depot",
    ),
    "Travel": ("night train", "coastal path", "ferry line", "mountain lodge", "airport extension", "canal route"),
    "Education": (
        "village school",
        "teacher exchange",
        "engineering college",
        "reading scheme",
        "exam board",
        "music academy",
    ),
    "Economy": ("wage council", "harvest forecast", "interest rate", "housing index", "fuel subsidy", "export quota"),
}

_GRAMMAR: dict[str, tuple[str, ...]] = {
    "first": _words(
        """
        Amara Bohdan Celeste Dmitri Elena Farid Greta Hanna Ibrahim Jovana Keiko Lars Mireille Nadia
        Omar Paola Quentin Rasa Samuel Tereza Ulrich Viola Wanjiru Ximena Yusuf Zofia Anselm Brigid
        Cyprian Dalia
        """
    ),
    "last": _words(
        """
        Adeyemi Bergström Castellano Dragan Eriksen Fontaine Galvez Horvath Ivanova Jansen Kovac
        Lindqvist Moreau Nakamura Okafor Petrov Quiroga Rossi Sørensen Tanaka Urbina Varga Whitlock
        Xenakis Yilmaz Zielinski Abara Brandt Coelho Duarte
        """
    ),
    "town": _words(
        """
        Aldermouth Brennick Castria Dunholm Estavel Farrowgate Grenmark Halsund Irvona Jastrow
        Kelmore Lisgard Montavia Norrvik Oldesund Portmere Querano Rostal Silvana Tarnow Ulmsted
        Velden Westerlo Yarrowby Zelenik Ambria Borgata Calder Drumlin Fennwick
        """
    ),
    "trade": (
        "harbour",
        "transport",
        "finance",
        "water",
        "farm",
        "energy",
        "housing",
        "labour",
        "planning",
        "trade",
        "customs",
    ),
    "organ": ("ministry", "council", "commission", "authority", "chamber", "board", "agency", "institute", "union"),
    "role": (
        "chair",
        "engineer",
        "historian",
        "negotiator",
        "surveyor",
        "economist",
        "inspector",
        "lawyer",
        "councillor",
        "veteran",
        "shopkeeper",
        "translator",
        "deputy",
        "geologist",
    ),
    "month": _words(
        """
        January February March April May June July August September October November December
        """
    ),
    "day": _words(
        """
        Monday Tuesday Wednesday Thursday Friday Saturday Sunday
        """
    ),
    "part": ("morning", "afternoon", "evening"),
    "money": (
        "{n} million crowns",
        "{n} million dollars",
        "{small} billion francs",
        "{n},000 euros",
        "{n} million pesos",
    ),
    "unit": ("weeks", "months", "years", "days"),
    "crowd": (
        "families",
        "workers",
        "students",
        "drivers",
        "farmers",
        "volunteers",
        "patients",
        "visitors",
        "households",
        "traders",
        "pensioners",
        "apprentices",
    ),
    "quality": (
        "fragile",
        "overdue",
        "promising",
        "costly",
        "modest",
        "unusual",
        "familiar",
        "delicate",
        "ambitious",
        "uneven",
        "popular",
        "quiet",
        "hurried",
        "lasting",
    ),
    "goodnews": (
        "progress",
        "relief",
        "a breakthrough",
        "common sense",
        "a fair bargain",
        "long work rewarded",
        "a second chance",
    ),
    "badnews": (
        "a gamble",
        "a mistake",
        "bad arithmetic",
        "an insult",
        "a burden",
        "guesswork",
        "too little",
        "a retreat",
    ),
    "verb": (
        "approve",
        "delay",
        "expand",
        "finance",
        "inspect",
        "redesign",
        "repair",
        "review",
        "shelter",
        "relocate",
        "reopen",
        "defend",
        "privatise",
        "insure",
        "modernise",
    ),
    "past": (
        "approved",
        "delayed",
        "expanded",
        "financed",
        "inspected",
        "redesigned",
        "repaired",
        "reviewed",
        "relocated",
        "reopened",
        "defended",
        "modernised",
        "audited",
        "suspended",
    ),
    "person": ("{first} {last}", "{lead}", "{second}"),
    "expert": ("{first} {last}, a {role} from {town}", "{lead}, its {role}", "{role} {first} {last}"),
    "group": ("the {place} {trade} {organ}", "{body}", "the {trade} {organ} of {town}", "{n} {crowd} from {town}"),
    "subject": ("{person}", "{expert}", "{group}", "{group}", "neighbouring {town}", "the {role}s of {place}"),
    "object": (
        "the {thing}",
        "the {thing} near {town}",
        "a {quality} plan for {town}",
        "the {quality} {thing}",
        "its {trade} rules",
    ),
    "claim": (
        "{object} had been {past} {when}",
        "{town} must {verb} {object}",
        "{n} {crowd} depend on {object}",
        "costs would reach {money}",
        "{money} was missing {when}",
        "only {small} of {n} {crowd} agreed",
        "{group} could {verb} {object}",
        "nothing {quality} was left in {town}",
    ),
    "when": (
        "on {day} {part}",
        "in {month}",
        "{small} {unit} ago",
        "last {month}",
        "since {year}",
        "before {month}",
        "after {n} {unit}",
        "by {day}",
        "until {year}",
    ),
    "soon": (
        "next {month}",
        "by {day}",
        "within {small} {unit}",
        "before {month}",
        "as soon as {month}",
        "on {day} {part}",
    ),
    "quoted": ("said", "insisted", "warned", "argued", "noted", "conceded"),
    "speech": (
        "said",
        "insisted",
        "warned",
        "confirmed",
        "argued",
        "told reporters",
        "noted",
        "conceded",
        "wrote to {group}",
    ),
    "tail": (
        "",
        "",
        "",
        " while {crowd} in {town} waited",
        ", {person} added",
        ", at a cost of {money}",
        " despite {quality} weather",
        " without the help of {group}",
        ", according to {expert}",
        " for the {ordinal} time",
        ", {small} {unit} later than planned",
    ),
    "ordinal": ("second", "third", "fourth", "fifth", "sixth", "ninth"),
    "opening": (
        "",
        "",
        "",
        "",
        "On {day} {part}, ",
        "In {town}, ",
        "By {month}, ",
        "Since {year}, ",
        "For {small} {unit}, ",
        "Meanwhile, ",
    ),
    "sentence": (
        "{opening}{subject} {past} {object} {when}{tail}.",
        "{opening}{subject} {speech} that {claim}{tail}.",
        "{opening}{group} will {verb} {object} {soon}{tail}.",
        "“{claim},” {quoted} {person}{tail}.",
        "“For {crowd} in {town} this is {goodnews},” {quoted} {person}.",
        "{person} called it {badnews}; {subject} called it {goodnews}{tail}.",
        "{opening}{n} {crowd} {past} {object}{tail}.",
        "Whether {claim} is disputed by {subject}{tail}.",
        "{group} counted {n} {crowd} {when}, against {n} {when}.",
        "{opening}prices in {town} rose by {small} per cent, and {claim}.",
        "Between {month} and {month}, {subject} {past} {object}{tail}.",
        "That {quality} vote, {small} to {small}, let {group} {verb} {object}.",
    ),
    "lede": (
        "{body} {past} the {thing} in {place} {when}, and {lead} {speech} that {claim}.",
        "{place}, {small} {unit} on: {n} {crowd} still wait for {body} to {verb} the {thing}.",
        "Nearly {n} {crowd} in {place} learned {when} that {body} would {verb} the {thing}.",
        "{lead} of {body} {speech} {when} that the {thing} in {place} had been {past}.",
    ),
    "title": (
        "{place} will {verb} its {thing} after {n} {unit}",
        "How {lead} {past} the {thing} in {place}",
        "{n} {crowd} wait as {place} debates {quality} {thing}",
        "{thing} in {place} {past} for {money}",
        "{lead}: why {place} must {verb} the {thing}",
        "A {quality} {thing} divides {place} and {town}",
    ),
    "caption": (
        "The {thing} in {place}, seen from the {town} road. Photograph: {first} {last}",
        "{lead} at the {thing} in {place} on {day}. Image: {town} Press Agency",
        "{crowd} outside the {thing} near {place}. Picture by {first} {last}",
    ),
    "comment": (
        "I lived in {town} for {small} years and nobody asked us about the {thing}.",
        "My uncle {past} one of these {when}, good luck to them.",
        "So who pays the {money} in the end?",
        "Thank you {first}, best thing I have seen here since {month}.",
    ),
}


def generator(*key: object) -> random.Random:
    """A generator of its own for each key, so that any text can be made without making those before it."""
    return random.Random("/".join(map(str, key)))  # noqa: S311 - a play, not a secret


class Story:
    """The words of one article: its cast is fixed once, so that the text stays about the same matter."""

    def __init__(self, rng: random.Random, category: str):
        self._rng = rng
        self._cast: dict[str, str] = {}
        self._cast["thing"] = rng.choice(TOPICS.get(category) or TOPICS["World"])
        for role, pattern in (
            ("place", "{town}"),
            ("lead", "{first} {last}"),
            ("second", "{first} {last}"),
            ("body", "the {place} {trade} {organ}"),
        ):
            self._cast[role] = self._fill(pattern)

    def line(self, symbol: str) -> str:
        """One text of that kind (`title`, `caption`, `comment`, `sentence`...), capitalised."""
        text = _ARTICLE.sub(r"\1n ", self._fill(self._rng.choice(_GRAMMAR[symbol])))
        first = next((at for at, letter in enumerate(text) if letter.isalnum()), 0)
        return text[:first] + text[first].upper() + text[first + 1 :]

    def byline(self) -> str:
        """A reporter's name."""
        return self._fill("{first} {last}")

    def paragraph(self) -> str:
        """Two to four sentences."""
        return " ".join(self.line("sentence") for _ in range(self._rng.randint(2, 4)))

    def paragraphs(self) -> tuple[str, ...]:
        """A whole article of eight paragraphs or more."""
        opening = f"{self.line('lede')} {self.line('sentence')}"
        return (opening, *(self.paragraph() for _ in range(self._rng.randint(8, 11))))

    def _fill(self, pattern: str) -> str:
        return _SLOT.sub(self._word, pattern)

    def _word(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._cast:
            return self._cast[name]
        if name == "n":
            return str(self._rng.randint(12, 989))
        if name == "small":
            return str(self._rng.randint(2, 11))
        if name == "year":
            return str(self._rng.randint(1961, 2024))
        return self._fill(self._rng.choice(_GRAMMAR[name]))
