"""Checking: pydantic's errors, told as sentences with the place of each and the setting that may have been meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, TypeGuard, get_args

from pydantic import BaseModel, ValidationError
from pydantic_settings import SettingsError

from mwi_crawl.config.files import refusal
from mwi_crawl.config.layers import ALIASES, FILE_VARIABLE, PREFIX, KeyPath, Layer
from mwi_crawl.config.tables import Config
from mwi_crawl.redact import Redactor, looks_like_a_key, names_a_key

Place: TypeAlias = tuple[int, int]
"""A setting's rank among the problems: its layer, and its order there."""

# what pydantic's errors mean to somebody who edits a file; the others say it themselves
_EXPECTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "int_type": "must be a whole number",
    "is_instance_of": "must be text in quotes",
    "model_type": "must be a table",
    "string_type": "must be text in quotes",
    "tuple_type": "must be a list",
}


def checked(model: type[Config], layers: tuple[Layer, ...], redactor: Redactor) -> Config:
    """The configuration these layers give. Raises ConfigError with every problem there is."""
    problems = dict(_keys_in_file(layers))
    try:
        config = model()
    except ValidationError as error:
        problems = dict(_problems(model, layers, error)) | problems
        if not problems:
            raise  # a default is wrong: no one who edits a file can mend that
    except SettingsError as error:  # an integer of thousands of digits, which Python does not read
        table = re.sub(r'.*field "(\w+)".*', r"\1", str(error)).upper()
        raise refusal([f"a variable {PREFIX}{table}__… holds a number too long to be meant"]) from error
    if problems:
        raise refusal(redactor.text(problems[place]) for place in sorted(problems))
    return config


def _keys_in_file(layers: tuple[Layer, ...]) -> Iterator[tuple[Place, str]]:
    index, file = len(layers) - 1, layers[-1]
    for order, path in enumerate(file.places):
        value = file.value(path)
        if names_a_key(path[-1]) or (not isinstance(value, dict) and looks_like_a_key(str(value))):
            yield (index, order), f"{file.subject(path)} holds a key, for which this file is no place; put it in .env"


def _problems(model: type[Config], layers: tuple[Layer, ...], error: ValidationError) -> Iterator[tuple[Place, str]]:
    for found in error.errors(include_url=False, include_input=False, include_context=False):
        if found["type"] == "default_factory_not_called":  # a setting it is made from is wrong, and is listed itself
            continue
        loc = tuple(part for part in found["loc"] if isinstance(part, str))
        for place, path in _places(layers, loc, every=found["type"] == "extra_forbidden"):
            yield place, _problem(model, layers[place[0]], path, found["type"], found["msg"])


def _places(layers: tuple[Layer, ...], loc: KeyPath, *, every: bool) -> Iterator[tuple[Place, KeyPath]]:
    """Where the setting at `loc` was set (or the nearest thing to it): where it counts, or every place."""
    for length in range(len(loc), 0, -1):
        hits = [
            ((index, order), path)
            for index, layer in enumerate(layers)
            for order, path in enumerate(layer.places)
            if path[:length] == loc[:length] and (layer.by_variable or len(path) == length)
        ]
        if hits:
            exact = [hit for hit in hits if hit[1] == loc]
            yield from hits if every else (exact or hits)[:1]
            return


def _problem(model: type[Config], layer: Layer, path: KeyPath, kind: str, message: str) -> str:
    if kind != "extra_forbidden":
        expected = _EXPECTED.get(kind) or re.sub(r"^\w+ should", "must", message.removeprefix("Value error, "))
        return f"{layer.subject(path)} {expected}"
    if layer.by_variable:
        hint = _hint(layer.places[path], _variable_names(model), "{}", alike=0.75)  # they all begin alike
        return f"{layer.subject(path)} is not a setting.{hint}"
    if isinstance(layer.value(path), dict):
        hint = _hint(path[-1], _fields(model, path[:-1]), f"[{'.'.join((*path[:-1], '{}'))}]")
        return f"{layer.where(path)}: [{'.'.join(path)}] is not a table of settings.{hint}"
    hint = _hint(path[-1], _fields(model, path[:-1]), '"{}"')
    return f"{layer.subject(path)} is not a setting.{hint}"


def _hint(word: str, known: Iterable[str], form: str, alike: float = 0.6) -> str:
    nearest = difflib.get_close_matches(word, list(known), n=1, cutoff=alike)
    return f" Did you mean {form.replace('{}', nearest[0])}?" if nearest else ""


def _fields(annotation: Any, path: KeyPath) -> list[str]:
    """The names of the settings in one table."""
    for part in path:
        # where a table's keys are free: what stands under any of them
        annotation = annotation.model_fields[part].annotation if _is_table(annotation) else get_args(annotation)[-1]
    return list(annotation.model_fields) if _is_table(annotation) else []


def _variable_names(model: type[Config]) -> list[str]:
    """Every variable there is, except for those of tables whose keys are free."""
    return [*ALIASES, FILE_VARIABLE, *_variables_below(model, PREFIX)]


def _variables_below(table: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in table.model_fields.items():
        if _is_table(field.annotation):
            yield from _variables_below(field.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper()


def _is_table(annotation: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
