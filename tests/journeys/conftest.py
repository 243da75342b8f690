"""A journey follows one family, and says which."""

from tests import one_family as alone

one_family = alone.one_family
