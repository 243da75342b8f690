"""How the demand forecast is spoken of."""

from pipelines.usecases.wording import Words

WORDS = Words(answer="forecast", answers="forecasts", unit="variant", units="variants")
