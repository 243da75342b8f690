"""Commands are tried with one family."""

from tests import one_family as alone

one_family = alone.one_family
