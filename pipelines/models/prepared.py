"""Querysets that are written as SQL once a process, and asked again and again with other values.

A page asks a dozen small questions, and Django spends more on writing each of them than PostgreSQL on its answer.
"""

from __future__ import annotations

import inspect
from collections import namedtuple
from collections.abc import Callable
from functools import cached_property, update_wrapper
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Expression, Func, Model, QuerySet


class Given(Expression):
    """A value that is known when the question is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]


class AnyOf(Func):
    """Whether a column is any of the values in a list that is given as one: `filter(AnyOf("variant_id", ids))`."""

    template, arg_joiner = "%(expressions)s)", " = ANY("
    output_field = BooleanField()


class prepared:
    """Make a function that builds a queryset from its arguments one that answers with the rows.

    The function is called once, with stand-ins: it must not look at its arguments, only pass them on. Rows of the table
    come as such; of `values_list` they come as named tuples, as the driver read them.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self.build, self.names = build, [*inspect.signature(build).parameters]
        update_wrapper(self, build)

    def __call__(self, *values: Any) -> list[Any]:
        """Ask with these values; a row stands for its id."""
        known = {
            name: value.pk if isinstance(value, Model) else value
            for name, value in zip(self.names, values, strict=True)
        }
        sql, stand_ins = self.sql
        parameters = [known[each.name] if isinstance(each, Given) else each for each in stand_ins]
        if self.queryset._fields is None:
            return list(self.queryset.model.objects.raw(sql, parameters))
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            row = namedtuple("Row", [column.name for column in cursor.description])
            return [row._make(found) for found in cursor.fetchall()]

    @cached_property
    def queryset(self) -> QuerySet:
        return self.build(*map(Given, self.names))

    @cached_property
    def sql(self) -> tuple[str, tuple[Any, ...]]:
        """Return the statement, and its parameters with the stand-ins among them."""
        return self.queryset.query.sql_with_params()
