"""Where a head that has learnt nothing begins: at the best prediction that looks at no image."""

import math

import torch

from gzkit.loss.loss import DirichletMultinomialLoss
from gzkit.model.tree_model import bound_concentration

GALAXIES = 5000  # more would not move the constant
ITERATIONS = 50
LOWEST_BIAS = -7.0  # of bounds 1..101: concentration 1.09; at the very bound nothing could be learnt any more


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
