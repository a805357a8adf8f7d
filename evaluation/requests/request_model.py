"""What the requests of people and of forms have in common: a number is written as one."""

from typing import Any, get_args

from pydantic import BaseModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError


class RequestModel(BaseModel):
    """A model that reads `10` as a number and refuses `1_0`, which pydantic and Python take for 10."""

    @field_validator("*", mode="before")
    @classmethod
    def _numbers_are_written_plainly(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and "_" in value and info.field_name is not None:
            kinds = _kinds(cls.model_fields[info.field_name].annotation)
            if str not in kinds and (int in kinds or float in kinds):
                kind = "float" if float in kinds else "int"
                raise PydanticCustomError(f"{kind}_parsing", "must be a number without underscores")
        return value


def _kinds(annotation: Any) -> set[Any]:
    return {annotation, *get_args(annotation)}
