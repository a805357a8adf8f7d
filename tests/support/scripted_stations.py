"""Twenty documents about stations, a writer of which one in two drafts is faulty by plan, and a reader who checks.

The reader knows nothing but what stands in the passages that it is shown, and what everybody knows.
"""

import json
import random
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

N_DOCUMENTS = 20
FAULTS = (
    "unsupported: another answer",
    "unsupported: proof invented",
    "unsupported: not in the passage",
    "unsupported: another number",
    "duplicate: same words",
    "duplicate: other words",
    "answer in the question",
    "known without the passage",
    "unanswerable, but in its passage",
    "unanswerable, but in another document",
    "one passage is enough",
    "points at the passage",
    "table: proof is no row",
    "broken reply",
)
"""What the writer does wrong, by plan."""
_OF_KIND = {
    "fact": [
        *(fault for fault in FAULTS if not fault.startswith(("unanswerable", "one passage", "table"))),
        *(fault for fault in FAULTS if fault.startswith("duplicate")),
        *(fault for fault in FAULTS if fault.startswith("duplicate")),
    ],
    "table": ["table: proof is no row", "unsupported: another answer", "answer in the question", "broken reply"],
    "two": ["one passage is enough", "unsupported: another answer", "unsupported: proof invented"],
    "unanswerable": ["unanswerable, but in its passage", "unanswerable, but in another document", "broken reply"],
}
COMMON = {"Which gas do people breathe in to stay alive?": "oxygen", "In which season does most snow fall?": "winter"}
"""What everybody knows."""
_TOPICS = "cook flag bell well oven stove cellar piano barn mirror"
_COLOURS = "red white black green yellow blue grey"
_STARTS = "Bren Vik Torr Hal Ost Nar Sol Ek Lin Mor Ras Fal Gry Hov Jar Kel Lom Mys Nes Odd"
_ENDS = "holm vik haug dal strand sund berg nes fjell mark"
_FIRST = "Marta Ole Signe Arvid Ingrid Torben Liv Halvor Astrid Jens Ragna Einar Solveig Knut Berit Sverre"
_LAST = "Eklund Bang Torvik Sande Moen Aasen Lien Hauge Strand Bakke Vold Rygg Myhre Foss Dahl Skog"
_ATTRIBUTES = {
    "founder": ("Who founded the {place} station?", "The {place} station was founded by {value}."),
    "smith": ("Who forged the lamp of {place}?", "The lamp of {place} was forged by {value}."),
    "keeper": ("Who kept the light at {place} first?", "The first keeper of the light at {place} was {value}."),
    "year": ("In which year was the tower of {place} finished?", "The tower of {place} was finished in {value}."),
    "steps": ("How many steps lead up the tower of {place}?", "Exactly {value} steps lead up the tower of {place}."),
    "boat": ("What is the supply boat of {place} called?", "The supply boat of {place} is called {value}."),
    "dog": ("What was the dog of the station at {place} called?", "The dog at {place} answered to the name {value}."),
}
_OTHER_WORDS = {
    "founder": "Which person set up the station named {place}?",
    "smith": "The lamp at {place} is whose work?",
    "keeper": "What was the name of the person at {place} who was its first keeper?",
    "year": "When did builders complete the tower at {place}?",
    "steps": "To climb the {place} tower, what number of steps is taken?",
    "boat": "Name the boat that brings supplies to {place}.",
    "dog": "To which name did the animal at {place} listen?",
}
_ROW = re.compile(r"^\| (\w+) of (\w+) \| (\w+) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Fact:
    """One statement of a document."""

    place: str
    attribute: str
    value: str
    sentence: str
    question: str
    is_row: bool = False


@dataclass
class Stations:
    """The documents and every fact in them."""

    texts: dict[str, str] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    @classmethod
    def of(cls, seed: int = 0, n: int = N_DOCUMENTS) -> "Stations":
        """Returns as many documents as are asked for, each about a place of its own."""
        rng, stations = random.Random(seed), cls()
        people = [f"{first} {last}" for first in _FIRST.split() for last in _LAST.split()]
        places = [start + end for start in _STARTS.split() for end in _ENDS.split()]
        rng.shuffle(people)
        rng.shuffle(places)
        numbers = rng.sample(range(100, 2000), 4 * n)
        for place in places[:n]:
            values = {name: people.pop() for name in ("founder", "smith", "keeper")}
            values |= {"year": str(numbers.pop()), "steps": str(numbers.pop())}
            values |= {"boat": f"{people.pop().split()[1]}a {place[:2]}", "dog": f"{people.pop().split()[0]}o"}
            stations._add(place, values, rng)
        return stations

    def _add(self, place: str, values: dict[str, str], rng: random.Random) -> None:
        own = [
            Fact(place, name, value, _ATTRIBUTES[name][1].format(place=place, value=value), "", False)
            for name, value in values.items()
        ]
        own = [replace(fact, question=_ATTRIBUTES[fact.attribute][0].format(place=place)) for fact in own]
        colours = rng.sample(_COLOURS.split(), 4)
        rows = [
            Fact(
                place,
                part,
                colour,
                f"| {part} of {place} | {colour} |",
                f"Which colour has the {part} of {place}?",
                is_row=True,
            )
            for part, colour in zip(("roof", "door", "lamp", "fence"), colours, strict=True)
        ]
        self.facts += [*own, *rows]
        table = "\n".join(["| part | colour |", *(row.sentence for row in rows)])
        prose = " ".join(fact.sentence for fact in own)
        rest = " ".join(f"In month {month} the sea before {place} is watched with care." for month in range(1, 9))
        common = "People breathe in oxygen to stay alive. Most snow falls in winter."
        self.texts[f"{place.lower()}.md"] = f"# {place}\n\n{prose} {common}\n\n{table}\n\n{rest}\n"

    def write(self, folder: Path) -> Path:
        """Writes the documents into a new folder and returns it."""
        folder.mkdir(parents=True)
        for name, text in self.texts.items():
            (folder / name).write_text(text)
        return folder

    def in_text(self, text: str) -> list[Fact]:
        """The facts that stand in a text."""
        return [fact for fact in self.facts if fact.sentence in text]


@dataclass
class Planted:
    """One draft as the writer meant it."""

    reply: str
    fault: str | None
    """None: nothing is wrong with it."""


@dataclass
class Writer:
    """A model that writes sound and faulty drafts by plan."""

    stations: Stations
    share_of_faults: float = 0.5
    planted: dict[str, Planted] = field(default_factory=dict)
    """What it wrote, by the seed and the prompt."""
    _used: set[str] = field(default_factory=set)
    _sound: list[tuple[Fact, dict[str, Any]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def reply(self, content: str, seed: int) -> str:
        """Writes a draft for the passages in a prompt; the same one where it is asked the same."""
        with self._lock:
            key = f"{seed} {content}"
            if key not in self.planted:
                self.planted[key] = self._planted(content, random.Random(seed))
            return self.planted[key].reply

    def _planted(self, content: str, rng: random.Random) -> Planted:
        passages = re.split(r"\n*Passage \d+:\n", content)[1:]
        kind = _kind(content)
        fault = rng.choice(_OF_KIND[kind]) if rng.random() < self.share_of_faults else None
        write = {"fact": self._fact, "table": self._row, "two": self._two, "unanswerable": self._unanswerable}[kind]
        reply, done = write(passages, fault, rng)
        return Planted(reply if isinstance(reply, str) else json.dumps(reply), done)

    def _fresh(self, facts: list[Fact], rng: random.Random) -> Fact | None:
        unused = [fact for fact in facts if fact.question not in self._used]
        fact = rng.choice(unused) if unused else None
        if fact is not None:
            self._used.add(fact.question)
        return fact

    def _fact(self, passages: list[str], fault: str | None, rng: random.Random) -> tuple[Any, str | None]:
        own = [fact for fact in self.stations.in_text(passages[0]) if not fact.is_row]
        if fault == "broken reply":
            return rng.choice(BROKEN), fault
        if fault == "known without the passage":
            unused = [question for question in COMMON if question not in self._used]
            if unused:
                self._used.add(unused[0])
                proof = (
                    "People breathe in oxygen to stay alive." if "gas" in unused[0] else "Most snow falls in winter."
                )
                return _draft(unused[0], COMMON[unused[0]], proof), fault
            fault = None
        if fault is not None and fault.startswith("duplicate"):
            repeated = [(other, sound) for other, sound in self._sound if other in own]
            if repeated:
                return _duplicate(fault, *rng.choice(repeated)), fault
            fault = None
        fact = self._fresh(own, rng)
        if fact is None:
            return rng.choice(BROKEN), "broken reply"
        sound = _draft(fact.question, fact.value, fact.sentence)
        faulty = self._with_fault(fact, own, passages[0], fault, rng)
        if faulty is None:
            self._sound.append((fact, sound))
            return sound, None
        return faulty, fault

    def _with_fault(
        self, fact: Fact, own: list[Fact], passage: str, fault: str | None, rng: random.Random
    ) -> dict[str, Any] | None:
        others = [other for other in own if other.attribute != fact.attribute and not other.value.isdigit()]
        if fault == "unsupported: another answer":
            other = rng.choice(others)
            return _draft(fact.question, other.value, other.sentence)
        if fault == "unsupported: proof invented":
            return _draft(fact.question, "Nils Holt", f"Old papers of {fact.place} name Nils Holt as the one.")
        if fault == "unsupported: not in the passage":
            question = f"Who painted the portrait in the hall of {fact.place}?"
            return _draft(question, others[0].value, others[0].sentence)
        if fault == "unsupported: another number":
            return _draft(fact.question, "7431", fact.sentence)
        if fault == "answer in the question":
            return _draft(f"{fact.question[:-1]}, was it {fact.value}?", fact.value, fact.sentence)
        if fault == "points at the passage":
            return _draft(f"According to the passage, and in the text: {fact.question}", fact.value, fact.sentence)
        return None

    def _row(self, passages: list[str], fault: str | None, rng: random.Random) -> tuple[Any, str | None]:
        facts = self.stations.in_text(passages[0])
        row = self._fresh([fact for fact in facts if fact.is_row], rng)
        if fault == "broken reply" or row is None:
            return rng.choice(BROKEN), "broken reply"
        if fault == "unsupported: another answer":
            return _draft(row.question, "purple", row.sentence), fault
        if fault == "answer in the question":
            return _draft(
                f"Is {row.value} the colour of the {row.attribute} of {row.place}?", row.value, row.sentence
            ), fault
        prose = [fact for fact in facts if not fact.is_row]
        if fault == "table: proof is no row" and prose:
            return _draft(prose[0].question, prose[0].value, prose[0].sentence), fault
        return _draft(row.question, row.value, row.sentence), None

    def _two(self, passages: list[str], fault: str | None, rng: random.Random) -> tuple[Any, str | None]:
        pairs = [[fact for fact in self.stations.in_text(text) if fact.attribute in _NAMES] for text in passages]
        if not all(pairs):
            return rng.choice(BROKEN), "broken reply"
        first = rng.choice(pairs[0])
        second = next((fact for fact in pairs[1] if fact.attribute == first.attribute and fact != first), None)
        if second is None:
            return rng.choice(BROKEN), "broken reply"
        question = _both(first, second)
        if question in self._used:
            return rng.choice(BROKEN), "broken reply"
        self._used |= {question, _both(second, first)}
        proofs = [first.sentence, second.sentence]
        if fault == "unsupported: another answer":
            return _draft(question, f"{first.value} and Nils Holt", *proofs), fault
        if fault == "unsupported: proof invented":
            return _draft(
                question, f"{first.value} and {second.value}", proofs[0], "Nobody wrote this sentence."
            ), fault
        if fault == "one passage is enough" and first.question not in self._used:
            self._used.add(first.question)
            return _draft(first.question, first.value, *proofs), fault
        return _draft(question, f"{first.value} and {second.value}", *proofs), None

    def _unanswerable(self, passages: list[str], fault: str | None, rng: random.Random) -> tuple[Any, str | None]:
        own = self.stations.in_text(passages[0])
        if fault == "broken reply" or not own:
            return rng.choice(BROKEN), "broken reply"
        if fault == "unanswerable, but in its passage" and (fact := self._fresh(own, rng)):
            return {"question": fact.question}, fault
        elsewhere = [fact for fact in self.stations.facts if fact.place != own[0].place]
        if fault == "unanswerable, but in another document" and (fact := self._fresh(elsewhere, rng)):
            return {"question": fact.question}, fault
        questions = [f"Who paid for the {topic} of {own[0].place}?" for topic in _TOPICS.split()]
        unused = [question for question in questions if question not in self._used]
        if not unused:
            return rng.choice(BROKEN), "broken reply"
        self._used.add(unused[0])
        return {"question": unused[0]}, None


_NAMES = ("founder", "smith", "keeper")
BROKEN = (
    "I would rather not.",
    '{"question": "What?"',
    '["a", "list"]',
    '{"question": 7, "answer": "x", "proofs": ["y"]}',
    '{"question": "What is it then?", "question": "Twice?", "answer": "a thing", "proofs": []}',
    '{"question": "' + "long " * 5000 + '", "answer": "x", "proofs": ["y"]}',
    '{"question": "Hidden \\u0007 bell?", "answer": "a\\u0000b", "proofs": ["y"]}',
    "[" * 20_000,
)
"""Replies that nobody can use."""


def _draft(question: str, answer: str, *proofs: str) -> dict[str, Any]:
    return {"question": question, "answer": answer, "proofs": list(proofs)}


def _duplicate(fault: str, fact: Fact, sound: dict[str, Any]) -> dict[str, Any]:
    if fault.endswith("same words"):
        return dict(sound)
    return sound | {"question": _OTHER_WORDS[fact.attribute].format(place=fact.place)}


def _both(first: Fact, second: Fact) -> str:
    words = {"founder": "founded the stations", "smith": "forged the lamps", "keeper": "first kept the lights"}
    return f"Who {words[first.attribute]} of {first.place} and {second.place}?"


def _kind(content: str) -> str:
    if "neither this passage" in content:
        return "unanswerable"
    if "needs both passages" in content:
        return "two"
    return "table" if "holds a table" in content else "fact"


@dataclass
class Reader:
    """A model that answers from passages alone, and makes mistakes at the rates that a test names."""

    stations: Stations
    misreads: float = 0.0
    """Probability that it errs in a single try, each on its own."""
    shares_mistakes: float = 0.0
    """Probability that it makes the writer's own mistake on a question, and then in every try."""
    mistakes: Callable[[str], str | None] = lambda _question: None
    """The writer's false answer to a question; None: it gave none."""

    def reply(self, content: str, seed: int, *, is_guessing: bool) -> str:
        """Answers what it is asked."""
        question = content.rpartition("Question: ")[2]
        flag = "known" if is_guessing else "answerable"
        answer = COMMON.get(question) if is_guessing else self._found(content.rpartition("Question: ")[0], question)
        if not is_guessing and random.Random(question).random() < self.shares_mistakes:
            answer = self.mistakes(question) or answer
        if random.Random(f"{seed} {content}").random() < self.misreads:
            answer = None if answer else "something else"
        return json.dumps({flag: answer is not None, "answer": answer or ""})

    def _found(self, text: str, question: str) -> str | None:
        if question in COMMON:
            return COMMON[question]
        answers = [fact.value for fact in self.stations.in_text(text) if self._is_asked(fact, question)]
        return " and ".join(answers) or None

    def _is_asked(self, fact: Fact, question: str) -> bool:
        if question in (fact.question, _OTHER_WORDS.get(fact.attribute, "").format(place=fact.place)):
            return True
        words = {"founder": "founded the stations", "smith": "forged the lamps", "keeper": "first kept the lights"}
        return words.get(fact.attribute, "-") in question and fact.place in question


def scripts(writer: Writer, reader: Reader) -> Iterator[Callable[[Any], Any]]:
    """The two models as scripts of a server that speaks Ollama's API."""
    from scripted_ollama import Chat, Reply

    def write(chat: Chat) -> Reply:
        return Reply(text=writer.reply(chat.prompt, chat.options["seed"]))

    def read(chat: Chat) -> Reply:
        is_guessing = "without the document" in chat.body["messages"][0]["content"]
        return Reply(text=reader.reply(chat.prompt, chat.options["seed"], is_guessing=is_guessing))

    yield from (write, read)
