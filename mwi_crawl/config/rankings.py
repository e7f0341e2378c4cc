"""The parameters of the rankings: `[ranking.<strategy>]`, and `[cohorts.<label>.ranking.<strategy>]` for one group.

What they mean stands in the formulas, sql/aggregate/ranking_<strategy>.sql. Each may be left unsaid: a group that does
not say its own has everybody's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

Parameter: TypeAlias = float | int | str | bool
Rankings: TypeAlias = Mapping[str, Mapping[str, Parameter]]
"""Strategy → its parameters, as far as they are said."""


def _number(value: object) -> object:
    """A number; a variable of the environment and a word of the command line are text."""
    try:
        return float(value) if isinstance(value, str | int) and not isinstance(value, bool) else value
    except ValueError as error:
        raise ValueError("must be a number") from error


def _count(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


def _yes_or_no(value: object) -> object:
    return {"true": True, "false": False}.get(value.lower(), value) if isinstance(value, str) else value


_AtLeast0 = Annotated[float, BeforeValidator(_number), Field(ge=0)]
_Positive = Annotated[float, BeforeValidator(_number), Field(gt=0)]
_Any = Annotated[float, BeforeValidator(_number)]
_Count = Annotated[int, BeforeValidator(_count), Field(ge=1)]


class _Table(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )


class _Bayesian(_Table):
    m: _AtLeast0 = 25
    percentile: Annotated[float, BeforeValidator(_number), Field(ge=0, lt=1)] = 0
    mean_of: Literal["ratings", "films"] = "ratings"
    unvoted: Annotated[bool, BeforeValidator(_yes_or_no)] = False


class _Wilson(_Table):
    z: _Positive = 1.96
    positive: Annotated[float, BeforeValidator(_number), Field(ge=0.5, le=5)] = 3.5
    min_ratings: _Count = 1


class _Discovery(_Table):
    min_votes: _Count = 5
    min_world_votes: _Count = 100


class _Recency(_Table):
    tau_days: _Positive = 365
    m: _AtLeast0 = 1


class _Hybrid(_Table):
    alpha: _Any = 0.5
    beta: _Any = 0.5


class _Strategies(_Table):
    bayesian: _Bayesian = _Bayesian()
    wilson: _Wilson = _Wilson()
    discovery: _Discovery = _Discovery()
    recency: _Recency = _Recency()
    hybrid: _Hybrid = _Hybrid()


DEFAULTS: Mapping[str, Any] = _Strategies().model_dump()
"""Strategy → its parameters, each with what it is unless another layer says something else."""
COHORTS: Mapping[str, Any] = {"world": {"ranking": {"bayesian": {"m": 25_000.0}}}}
"""Public votes are counted in thousands, so their mean is worth more of them."""


def _as_said(strategies: _Strategies) -> Rankings:
    return strategies.model_dump(exclude_unset=True)


if TYPE_CHECKING:
    Said: TypeAlias = Rankings
else:  # checked as tables, so that a fault is told with its place; kept as what was said, and nothing more
    Said = Annotated[_Strategies, AfterValidator(_as_said), PlainSerializer(lambda said: said)]
