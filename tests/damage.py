"""Ways in which a recorded answer may be damaged, the same each time for the same dice."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Sequence
from typing import Any


def _paths(node: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path for name, value in inner for path in ((*here, name), *_paths(value, (*here, name)))]


def spoilt(sent: Any, dice: random.Random, junk: Sequence[Any]) -> bytes:
    """The answer, as JSON, with one to three of its values gone or replaced by one of `junk`."""
    answer = copy.deepcopy(sent)
    for _ in range(dice.randint(1, 3)):
        path = dice.choice(_paths(answer) or [()])
        if not path:
            break
        holder = answer
        for step in path[:-1]:
            holder = holder[step]
        if dice.random() < 0.2:
            del holder[path[-1]]
        else:
            holder[path[-1]] = dice.choice(junk)
    return json.dumps(answer).encode()


def damaged(body: bytes, dice: random.Random) -> bytes:
    """The answer cut off, or with a few bytes changed."""
    if dice.random() < 0.5:
        return body[: dice.randrange(len(body))]
    changed = bytearray(body)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)
