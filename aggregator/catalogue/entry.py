"""What all parts of the schema of feeds.yaml are made of."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def described(
    meaning: str, example: str, default: Any = ..., *, otherwise: str = "", **rules: Any
) -> Any:
    """A key of feeds.yaml; ``otherwise`` says in words what holds where it is not written."""
    return Field(
        default,
        description=meaning,
        examples=[example],
        json_schema_extra={"otherwise": otherwise},
        **rules,
    )


class Entry(BaseModel):
    """What all parts of the file share: no key beyond those named here."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)
