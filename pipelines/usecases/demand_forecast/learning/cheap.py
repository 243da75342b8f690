"""The cheap forecast of a history at every cut that is asked for, with the season of the days ahead."""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.stats.frames import Matrix
from pipelines.usecases.demand_forecast.learning.ensemble import Cube, pooled_week, weekly_profiles
from pipelines.usecases.demand_forecast.learning.history import History
from pipelines.usecases.demand_forecast.learning.launches import settled
from pipelines.usecases.demand_forecast.learning.season import Season, season_of, years_before


class Cheap:
    """Walk through a history once for all cuts that are known beforehand, and once more for each that is not.

    `cuts` keep their four members, `weeks_at` only what they agree on; so do the same days of the years before.
    """

    def __init__(self, history: History, cuts: Iterable[int] = (), weeks_at: Iterable[int] = ()) -> None:
        self.history = history
        self._cubes: dict[int, Cube] = {}
        self._weeks: dict[int, Matrix] = {}
        self._prepare(set(cuts), set(weeks_at))

    def cube(self, cut: int) -> Cube:
        """Give the four members at a cut."""
        if cut not in self._cubes:
            self._prepare({cut}, set())
        return self._cubes[cut]

    def week(self, cut: int) -> Matrix:
        """Give the week (series, 7) that the members agree on at a cut."""
        if cut not in self._weeks:
            self._weeks[cut] = self._agreed(self.cube(cut), cut)
        return self._weeks[cut]

    def season(self, cut: int, horizon: int) -> Season:
        """Read the season of the days after a cut from the years before it."""
        years = {year: self.week(year) for year in years_before(cut)}
        return season_of(self.history.until(cut), years, horizon)

    def _prepare(self, cuts: set[int], weeks_at: set[int]) -> None:
        years = {year for cut in cuts | weeks_at for year in years_before(cut)}
        only_weeks = (weeks_at | years) - cuts - set(self._weeks)
        for cut, cube in weekly_profiles(self.history.panel, sorted(cuts), sorted(only_weeks)).items():
            if cut in cuts:
                self._cubes[cut] = cube
            else:
                self._weeks[cut] = self._agreed(cube, cut)

    def _agreed(self, members: Cube, cut: int) -> Matrix:
        return settled(pooled_week(members, self.history, cut), self.history, cut)
