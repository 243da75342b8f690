"""Who likes which offer: a Bayesian logistic regression by Laplace's method, pooled over offers.

Each offer has weights of its own around those that all share, so a new one is like the others and few acceptances say
little. The spread of an offer's weights is exported as a triangle, by which the scorer knows how sure it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import polygamma

from pipelines.usecases.offers.decisions import NO_OFFER, Decisions, Floats, Ints
from pipelines.usecases.offers.fitted import Context, Weights
from pipelines.usecases.offers.learning.choices import design, shares

LEAST_ACCEPTED = 100  # before it is tried at all
MOST_OFFERS = 40  # with weights of their own: those shown most
ROUNDS = 25
SLOPE, OWN_SLOPE, LEVEL = 0.5, 0.3, 2.0  # usual sizes: of what all share, of what one has of its own, of all levels
DIGITS = 9


@dataclass(frozen=True)
class Blocks:
    """Hold the rows of each offer: features and whether they were accepted."""

    features: list[Floats]
    accepted: list[Floats]


def context_of(known: Decisions, prior: tuple[float, float]) -> Context | None:
    """Learn who likes what, or nothing where too few offers were accepted."""
    shown = known.where((known.offer != NO_OFFER) & np.isfinite(known.accepted))
    if shown.accepted.sum() < LEAST_ACCEPTED:
        return None
    scales = scales_of(shown.features)
    features, offers = design(shown.features, scales), most_shown(shown.offer)
    blocks = Blocks(
        [features[shown.offer == offer] for offer in offers], [shown.accepted[shown.offer == offer] for offer in offers]
    )
    mean, spread = laplace(blocks, prior)
    size = features.shape[1]
    own = {
        str(known.ids[offer]): weights_of(mean, spread, size, place + 1) for place, offer in enumerate(offers.tolist())
    }
    return Context(tuple((float(a), float(b)) for a, b in scales), own, of_new(mean, spread, size, prior))


def scales_of(raw: Floats) -> Floats:
    """Give the usual value and spread of each feature; one that never changes says nothing."""
    known = np.isfinite(raw)
    count = np.maximum(known.sum(axis=0), 1)
    usual = np.where(known, raw, 0.0).sum(axis=0) / count
    spread = np.sqrt((np.where(known, raw - usual, 0.0) ** 2).sum(axis=0) / count)
    return np.round(np.column_stack([usual, np.where(spread > 1e-6, spread, 1.0)]), DIGITS)


def most_shown(offer: Ints) -> Ints:
    """List the offers that were shown most, by their places."""
    offers, times = np.unique(offer, return_counts=True)
    return np.sort(offers[np.argsort(-times, kind="stable")[:MOST_OFFERS]])


def own_level(prior: tuple[float, float]) -> float:
    """Give how much offers differ in the log odds of being accepted, as the prior has it."""
    a, b = prior
    return float(np.sqrt(polygamma(1, a) + polygamma(1, b)))


def laplace(blocks: Blocks, prior: tuple[float, float]) -> tuple[Floats, Floats]:
    """Find the likeliest weights by Newton's method, with their spread: those of all, then those of each offer."""
    size, count = blocks.features[0].shape[1], len(blocks.features)
    middle: Floats = np.zeros(size * (count + 1))
    middle[0] = np.log(prior[0] / prior[1])
    shared, own = np.full(size, SLOPE**-2), np.full(size, OWN_SLOPE**-2)
    shared[0], own[0] = LEVEL**-2, own_level(prior) ** -2
    precision = np.concatenate([shared, np.tile(own, count)])
    weights = middle.copy()
    for _ in range(ROUNDS):
        slope, bend = derivatives(blocks, weights.reshape(count + 1, size))
        step = np.linalg.solve(bend + np.diag(precision), slope - precision * (weights - middle))
        weights = weights + np.clip(step, -2.0, 2.0)
        if np.abs(step).max() < 1e-9:
            break
    _, bend = derivatives(blocks, weights.reshape(count + 1, size))
    return weights, np.asarray(np.linalg.inv(bend + np.diag(precision)), dtype=np.float64)


def derivatives(blocks: Blocks, weights: Floats) -> tuple[Floats, Floats]:
    """Give how the likelihood changes with all weights: each offer's rows move its own and the shared ones."""
    size, count = weights.shape[1], len(blocks.features)
    slope, bend = np.zeros((count + 1, size)), np.zeros((count + 1, size, count + 1, size))
    for place, (features, accepted) in enumerate(zip(blocks.features, blocks.accepted, strict=True), start=1):
        share = shares(features @ (weights[0] + weights[place]))
        slope[place] = features.T @ (accepted - share)
        bend[place, :, place] = (features.T * (share * (1 - share))) @ features
        bend[0, :, place] = bend[place, :, 0] = bend[place, :, place]
        bend[0, :, 0] += bend[place, :, place]
    slope[0] = slope[1:].sum(axis=0)
    whole = size * (count + 1)
    return slope.reshape(whole), bend.reshape(whole, whole)


def weights_of(mean: Floats, spread: Floats, size: int, place: int) -> Weights:
    """Give the weights of an offer: what all share and its own, added up."""
    shared, own = slice(0, size), slice(size * place, size * (place + 1))
    cross = spread[shared, own]
    return told(mean[shared] + mean[own], spread[shared, shared] + cross + cross.T + spread[own, own])


def of_new(mean: Floats, spread: Floats, size: int, prior: tuple[float, float]) -> Weights:
    """Give the weights of an offer that nobody saw: those that all share, with what one may have of its own."""
    own = np.full(size, OWN_SLOPE**2)
    own[0] = own_level(prior) ** 2
    return told(mean[:size], spread[:size, :size] + np.diag(own))


def told(mean: Floats, spread: Floats) -> Weights:
    """Write weights down with a triangle whose square is their spread."""
    root = np.linalg.cholesky(spread[::-1, ::-1])[::-1, ::-1].T
    rows = tuple(tuple(round(float(value), DIGITS) for value in root[at, : at + 1]) for at in range(len(root)))
    return Weights(tuple(round(float(value), DIGITS) for value in mean), rows)
