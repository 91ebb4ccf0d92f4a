"""The head: between which bounds its concentrations are, and where it begins: at the best guess without an image."""

import math

import torch

from gzkit.loss.loss import DirichletMultinomialLoss

CONCENTRATION_BOUNDS = (0.05, 500.0)  # that hold nothing back: see the notes of `TreeModel`
PUBLISHED_BOUNDS = (1.0, 101.0)  # of Zoobot's models
FIRST_CONCENTRATION = 3.0  # of every answer in an untrained head, where the bounds allow it
GALAXIES = 5000  # more would not move the constant
ITERATIONS = 50
LOWEST_BIAS = -7.0  # of bounds 1..101: concentration 1.09; at the very bound nothing could be learnt any more


def check_bounds(bounds):
    """Bounds of concentrations as two numbers, if they are ones, or ``"published"``."""
    if isinstance(bounds, str) and bounds == "published":
        return PUBLISHED_BOUNDS
    try:
        lowest, highest = (float(bound) for bound in bounds)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"TreeModel: concentration_bounds={bounds!r} is neither a pair of numbers nor 'published'"
        ) from error
    if not 0 < lowest < highest < math.inf:
        raise ValueError(
            f"TreeModel: concentration_bounds={bounds!r}; the lowest is above 0, the highest above it and finite"
        )
    return lowest, highest


def bound_concentration(activation, bounds=CONCENTRATION_BOUNDS):
    """Concentrations from what the head's linear layer gives: a sigmoid between the two bounds.

    Far below the upper bound a sigmoid is an exponential, so that bounds several decades apart are no harder to learn
    between than narrow ones: a step of the activation is a factor of the concentration.

    Parameters
    ----------
    activation : Tensor
        Any real numbers.
    bounds : pair of float
        Lowest and highest concentration.

    Returns
    -------
    Tensor, same shape
        Within the bounds.
    """
    lowest, highest = bounds
    return lowest + (highest - lowest) * torch.sigmoid(activation)


def first_bias(bounds):
    """Activation of `FIRST_CONCENTRATION`, or where that is out of the bounds of the middle between them."""
    lowest, highest = bounds
    first = FIRST_CONCENTRATION if lowest < FIRST_CONCENTRATION < highest else math.sqrt(lowest * highest)
    return math.log((first - lowest) / (highest - first))


def is_untrained(model):
    """Whether the head's weights are all zero, as `TreeModel` makes them.

    Parameters
    ----------
    model : TreeModel

    Returns
    -------
    bool
    """
    return not bool(model.head.weight.detach().any())


def begin_at_constant(model, votes):
    """Set an untrained head to the same concentrations for every galaxy: those that explain the votes best.

    Training then has to learn how galaxies differ, and not first how often each answer is given.

    Parameters
    ----------
    model : TreeModel
        Its head is changed in place.
    votes : Tensor, shape (galaxy, answer)
        Votes of the training galaxies [votes]. Of many, every so manieth is looked at.

    Returns
    -------
    float
        Loss a galaxy of that prediction [nat].

    Examples
    --------
    >>> import gzkit as gz, torch
    >>> schema = gz.Schema.from_classes("bar", ["yes", "no"])
    >>> model = gz.TreeModel(schema, encoder="test_convnext", pretrained=False, image_size=32)
    >>> loss = begin_at_constant(model, torch.tensor([[30, 10], [28, 12], [33, 7], [29, 11]]))
    >>> concentration = model.eval()(torch.rand(1, 3, 32, 32))[0]
    >>> round((concentration[0] / concentration.sum()).item(), 2)
    0.75
    """
    votes = votes[:: max(1, len(votes) // GALAXIES)].double()
    loss_fn = DirichletMultinomialLoss(model.schema, check_votes=False)
    bounds = model.concentration_bounds
    bias = model.head.bias.detach().cpu().double().requires_grad_()
    optimizer = torch.optim.LBFGS([bias], max_iter=ITERATIONS, line_search_fn="strong_wolfe")

    def loss():
        return loss_fn(votes, bound_concentration(bias, bounds).expand(votes.shape)).sum(dim=-1).mean()

    def step():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(step)
    with torch.no_grad():
        bias.clamp_(min=_lowest_bias(bounds))
        model.head.bias.copy_(bias)
        return loss().item()


def _lowest_bias(bounds):
    """Activation of a concentration that is as far above the lowest bound, relative to it, whatever the bounds."""
    lowest, highest = bounds
    return LOWEST_BIAS + math.log(100 * lowest / (highest - lowest))
