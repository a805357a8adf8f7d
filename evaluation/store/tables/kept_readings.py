"""Tables of what was read from a run's rows once, and holds until one of them changes."""

import sqlalchemy as sa
from sqlmodel import Field

from evaluation.store.columns import SafeText
from evaluation.store.tables.row import METADATA, Row, text_field, whole_field


def _run_field() -> sa.Column[str]:
    return sa.Column(SafeText(), sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True, nullable=False)


class RunStateTable(Row, table=True):
    """A state of a run's answers, stages and scores. Triggers delete it with the first change of one of them."""

    __tablename__ = "run_state"

    run_id: str = Field(sa_column=_run_field())
    token: str = text_field()
    """Random, so that no other state ever has it."""
    settled_at: int | None = whole_field(null=True)
    """PostgreSQL: the number of the first transaction that certainly began after this row was there; what earlier ones
    change deletes no row that they did not see. None: not known yet, and on SQLite, which has but one writer."""


class KeptReadingTable(Row, table=True):
    """Something that was read from a run in one state."""

    __tablename__ = "kept_reading"

    run_id: str = Field(sa_column=_run_field())
    name: str = text_field(primary_key=True)
    """What was read."""
    token: str = text_field()
    """The state of the run; the content counts only as long as the run is in it."""
    made_by: str = text_field()
    """Hash of the code that read it, and of all else that it depends on."""
    content: bytes = Field(sa_type=sa.LargeBinary, nullable=False)
    """JSON, compressed."""


run_state = METADATA.tables["run_state"]
kept_reading = METADATA.tables["kept_reading"]
