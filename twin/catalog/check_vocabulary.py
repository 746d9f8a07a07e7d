"""What must hold within a vocabulary: usable codes, parents that exist and do not go round."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin.catalog.messages import fault
from twin.errors import did_you_mean
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twin.catalog.spec import Term, Vocabulary
    from twin.errors import Problem

MAX_CODE = 64


def check_vocabulary(vocabulary: Vocabulary, file: str) -> Iterator[Problem]:
    """Every problem of one list (after extensions were added to it)."""
    if not vocabulary.terms:
        yield fault(file, "terms", "TWIN-105", name="terms")
    for code, term in vocabulary.terms.items():
        key = f"terms.{code}"
        if not code or len(code) > MAX_CODE or code != code.strip() or not code.isprintable():
            yield fault(
                file,
                key,
                "TWIN-120",
                name=code[:MAX_CODE],
                reason=Text(
                    f"代码须为 1 至 {MAX_CODE} 个可见字符，首尾无空格",
                    f"a code has 1 to {MAX_CODE} visible characters and no space at its ends",
                ),
            )
        yield from _parent(vocabulary.terms, code, term, file, key)


def _parent(terms: Mapping[str, Term], code: str, term: Term, file: str, key: str) -> Iterator[Problem]:
    if term.parent is None:
        return
    if term.parent not in terms:
        reason = Text(f"上级“{term.parent}”不在本词表中", f'its parent "{term.parent}" is not in the list')
        yield fault(file, f"{key}.parent", "TWIN-120", reason, did_you_mean(term.parent, terms), name=code)
    elif code in _ancestors(terms, code):
        reason = Text("上级关系成环", "its parents run in a circle")
        yield fault(file, f"{key}.parent", "TWIN-120", reason, name=code)


def _ancestors(terms: Mapping[str, Term], code: str) -> list[str]:
    """Parents upward, stopping before one is met twice."""
    found: list[str] = []
    parent = terms[code].parent
    while parent is not None and parent in terms and parent not in found:
        found.append(parent)
        parent = terms[parent].parent
    return found


def with_inherited_colours(vocabulary: Vocabulary) -> Vocabulary:
    """The list with the nearest ancestor's colour on each term that has none of its own."""
    terms = vocabulary.terms
    changed = {}
    for code, term in terms.items():
        above = (terms[parent].colour for parent in _ancestors(terms, code))
        colour = term.colour or next((colour for colour in above if colour), None)
        changed[code] = term.model_copy(update={"colour": colour})
    return vocabulary.model_copy(update={"terms": changed})
