"""Querysets that are written as SQL once a process, and asked again and again with other values.

A page asks a dozen small questions, and Django spends more on writing each of them than PostgreSQL on its answer.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, update_wrapper
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import BooleanField, Expression, Func, Model, QuerySet

Row = TypeVar("Row")
Make = Callable[[tuple[Any, ...]], Any]
Read = Callable[[tuple[Any, ...]], Sequence[Any]]


class Given(Expression):
    """Stands for a value that is known when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return "%s", [self]


class AnyOf(Func):
    """Whether a column is any of the values in a list that is given as one: `filter(AnyOf("variant_id", ids))`."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = BooleanField()


class prepared(Generic[Row]):
    """Make a function that builds a queryset from its arguments one that answers with the rows.

    The function is called once, with stand-ins: it passes its arguments on and must not look at them. Rows of the table
    come as such, with what is annotated as it was read; those of `values_list` come as named tuples.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self.build, self.names = build, [*inspect.signature(build).parameters]
        update_wrapper(self, build)

    def __call__(self, *values: Any) -> list[Row]:
        """Ask with these values, a row for its id."""
        given = [value.pk if isinstance(value, Model) else value for value in values]
        known = dict(zip(self.names, given, strict=True))
        sql, parameters = self.statement
        with connection.cursor() as cursor:
            cursor.execute(sql, [known[each.name] if isinstance(each, Given) else each for each in parameters])
            return [self.make(found) for found in cursor.fetchall()]

    @cached_property
    def queryset(self) -> QuerySet[Any, Row]:
        return self.build(*map(Given, self.names))

    @cached_property
    def statement(self) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL and its parameters, the stand-ins among them."""
        return self.queryset.query.sql_with_params()

    @cached_property
    def make(self) -> Make:
        """Return what makes a row of what the driver read."""
        queryset: Any = self.queryset  # whether it gives rows or values, Django says by a private name
        query = queryset.query
        compiler = query.get_compiler(connection=connection)
        compiler.pre_sql_setup()
        names = [alias or column.target.attname for column, _, alias in compiler.select]
        read = reader(compiler.get_converters([column for column, *_ in compiler.select]))
        return tuples_of(names, read) if queryset._fields else rows_of(queryset.model, names, read)


def reader(converters: Mapping[int, tuple[Sequence[Any], Any]]) -> Read:
    """Return what turns values of the driver into those that Django gives, such as JSON into what it says."""
    told = [(place, convert, column) for place, (each, column) in converters.items() for convert in each]

    def read(found: tuple[Any, ...]) -> Sequence[Any]:
        values = list(found)
        for place, convert, column in told:
            values[place] = convert(values[place], column, connection)
        return values

    return read if told else lambda found: found


def tuples_of(names: list[str], read: Read) -> Make:
    """Return what makes a named tuple of what was read."""
    row: Any = namedtuple("Row", names)  # type: ignore[misc]  # its fields are the columns that were asked for
    return lambda found: row._make(read(found))


def rows_of(table: type[Model], names: list[str], read: Read) -> Make:
    """Return what makes a row of a table of its columns in the table's order, and of what was read besides."""
    fields = {field.attname for field in table._meta.concrete_fields}
    own = [name for name in names if name in fields]
    besides = names[len(own) :]

    def make(found: tuple[Any, ...]) -> Model:
        values = read(found)
        row = table.from_db(connection.alias, own, values[: len(own)])
        for name, value in zip(besides, values[len(own) :], strict=True):
            setattr(row, name, value)
        return row

    return make
