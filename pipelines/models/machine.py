"""What keeps the machine itself in order: no shop's data."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class NextTry(models.Model):
    """Something that was found due and asked for: how often, and from when on it may be asked for again."""

    work = models.CharField(max_length=30)  # which sweep found it
    subject = models.CharField(max_length=80)  # ids of what is due, as the sweep names it
    tries = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["work", "subject"], name="next_try_once")]


class StorageMark(models.Model):
    """The id that lies in the storage which all processes share: whoever finds another one there, or none, is apart."""

    name = models.CharField(max_length=20, unique=True)
    mark = models.UUIDField(default=uuid.uuid4)


class Pulse(models.Model):
    """That something which watches did so: when last, and whether operators were told that it has stopped."""

    name = models.CharField(max_length=30, unique=True)
    at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)


class PageSpeed(models.Model):
    """How fast a page was on one day, for merchants of all shops together: counts in buckets, no row of a visit."""

    day = models.DateField()
    route = models.CharField(max_length=60)  # the address by its name in dashboard/urls.py: never with an id
    metric = models.CharField(max_length=3)  # LCP, CLS, INP
    counts = ArrayField(models.PositiveIntegerField())  # up to each bound of lifecycle/pages/speed, and beyond all

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "route", "metric"], name="page_speed_once")]


class OperatorsTold(models.Model):
    """That operators were told of something, for as long as it lasts."""

    subject = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()
