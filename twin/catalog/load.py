"""From folders of TOML to one checked catalogue, or to the list of everything that is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import twin
from twin.catalog.check_access import check_access
from twin.catalog.check_column import check_column
from twin.catalog.check_layer import check_layer
from twin.catalog.check_reference import check_references
from twin.catalog.check_results import check_results
from twin.catalog.check_vocabulary import check_vocabulary, with_inherited_colours
from twin.catalog.messages import fault, message
from twin.catalog.read import Document, read_folder
from twin.catalog.shape import fit
from twin.catalog.spec import Access, Catalog, Layer, Vocabulary
from twin.errors import Problem, Refused
from twin.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_results", "examine", "load", "shipped_layers"]

_SET_BY_FILE = {"layer": ("name", "data_class"), "vocabulary": ("name",), "access": ()}


def shipped_layers() -> Path:
    """The folder of layers that comes with the program: in the wheel, or in the checkout."""
    package = Path(twin.__file__).parent
    packed = package / "_data" / "layers"
    return packed if packed.is_dir() else package.parent / "layers"


def load(*folders: Path) -> Catalog:
    """The catalogue of ``folders`` (the shipped one when none is given), later ones adding to earlier ones.

    Raises ``Refused`` TWIN-101 with every problem found: file, dotted key, code, zh and en reason.
    """
    catalog, problems = examine(*folders)
    if catalog is None:
        text = message("TWIN-101", None, None, count=len(problems))
        raise Refused("TWIN-101", text.zh, text.en, problems)
    return catalog


def examine(*folders: Path) -> tuple[Catalog | None, tuple[Problem, ...]]:
    """The catalogue and its notices, or ``None`` and its problems; nothing is raised for a faulty file."""
    draft = _Draft()
    for folder in folders or (shipped_layers(),):
        documents, problems = read_folder(folder)
        draft.problems.extend(problems)
        draft.add(documents)
    draft.check()
    fatal = tuple(problem for problem in draft.problems if problem.fatal)
    if fatal or draft.access is None:
        return None, fatal
    notices = tuple(draft.problems)
    return Catalog(
        layers=draft.layers, vocabularies=draft.vocabularies, access=draft.access, notices=notices
    ), notices


@dataclass
class _Draft:
    """A catalogue while it is being read."""

    layers: dict[str, Layer] = field(default_factory=dict)
    vocabularies: dict[str, Vocabulary] = field(default_factory=dict)
    access: Access | None = None
    files: dict[str, str] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def add(self, documents: list[Document]) -> None:
        """Take in one folder; what it names again replaces what an earlier folder declared."""
        seen: dict[str, str] = {}
        for document in documents:
            key = f"{document.role}:{document.name}"
            if key in seen:
                words = Text(f"{seen[key]} 已声明它", f"{seen[key]} declares it already")
                self.problems.append(fault(document.file, None, "TWIN-108", words, name=document.name))
                continue
            seen[key] = document.file
            self._take(document, key)

    def _take(self, document: Document, key: str) -> None:
        replaces = key in self.files
        model = self._fit(document)
        if model is None:
            self.broken.add(key)
        elif isinstance(model, Vocabulary) and model.extends:
            self._extend(model, document.file)
            return
        elif replaces:
            self.broken.discard(key)
            self.problems.append(fault(document.file, None, "TWIN-123", fatal=False, name=document.name))
        self.files[key] = document.file
        if isinstance(model, Layer):
            self.layers[model.name] = model
        elif isinstance(model, Vocabulary):
            self.vocabularies[model.name] = model
        elif isinstance(model, Access):
            self.access = model

    def _fit(self, document: Document) -> Layer | Vocabulary | Access | None:
        if document.data is None:
            return None
        data: dict[str, Any] = dict(document.data)
        for key in _SET_BY_FILE[document.role]:
            if key in data:
                words = Text("由文件名与文件夹决定，请删去", "the file's name and folder say it: remove it")
                self.problems.append(fault(document.file, key, "TWIN-106", words, value=data[key]))
        model: Layer | Vocabulary | Access | None
        if document.role == "access":
            model, problems = fit(Access, data, document.file)
        elif document.role == "vocabulary":
            model, problems = fit(Vocabulary, data | {"name": document.name}, document.file)
        else:
            named = {"name": document.name, "data_class": document.folder}
            model, problems = fit(Layer, data | named, document.file)
        self.problems.extend(problems)
        return model

    def _extend(self, addition: Vocabulary, file: str) -> None:
        base = self.vocabularies.get(addition.name)
        if base is None:
            words = Text("没有可扩充的同名词表", "there is no list of that name to extend")
            self.problems.append(fault(file, "extends", "TWIN-106", words, value="true"))
            return
        for code in addition.terms:
            if code in base.terms:
                self.problems.append(fault(file, f"terms.{code}", "TWIN-123", fatal=False, name=code))
        self.vocabularies[base.name] = base.model_copy(update={"terms": base.terms | addition.terms})

    def check(self) -> None:
        """Everything that concerns more than one key."""
        self.problems.extend(self._found())
        self.vocabularies = {name: with_inherited_colours(v) for name, v in self.vocabularies.items()}

    def _found(self) -> Iterator[Problem]:
        if "access:access" not in self.files:
            yield fault("access.toml", None, "TWIN-105", name="access.toml")
        if self.access:
            yield from check_access(self.access, self.files["access:access"])
        for name, vocabulary in self.vocabularies.items():
            yield from check_vocabulary(vocabulary, self.files[f"vocabulary:{name}"])
        lost = {key.partition(":")[2] for key in self.broken if key.startswith("vocabulary:")}
        for name, layer in self.layers.items():
            file = self.files[f"layer:{name}"]
            yield from check_layer(layer, file, self.vocabularies)
            for column in layer.columns:
                yield from check_column(layer, column, file, self.vocabularies, lost)
        files = {name: self.files[f"layer:{name}"] for name in self.layers}
        lost = {key.partition(":")[2] for key in self.broken if key.startswith("layer:")}
        yield from check_references(self.layers, files, lost)
