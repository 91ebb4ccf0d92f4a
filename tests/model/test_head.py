import math

import pytest
import torch

import gzkit as gz
from gzkit.model.head import GALAXIES, begin_at_constant, is_untrained

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk"], "bar": ["_strong", "_weak", "_no"], "odd": ["_yes", "_no"]},
    {"shape": None, "bar": "shape_disk", "odd": None},
)


@pytest.fixture
def model():
    return gz.TreeModel(SCHEMA, encoder="test_convnext", pretrained=False, image_size=32)


def draw_votes(concentration, galaxies):
    torch.manual_seed(0)
    parts = []
    for question in SCHEMA.questions:
        chance = torch.distributions.Dirichlet(concentration[question.columns]).sample((galaxies,))
        parts.append(torch.distributions.Multinomial(20, chance).sample())
    return torch.cat(parts, dim=-1)


def test_an_untrained_head_begins_at_the_concentrations_that_the_votes_came_from(model):
    truth = torch.tensor([4.0, 8.0, 2.0, 5.0, 9.0, 3.0, 30.0])
    begin_at_constant(model, draw_votes(truth, 4000))
    found = model.eval()(torch.rand(2, 3, 32, 32))
    assert torch.equal(found[0], found[1])
    torch.testing.assert_close(found[0], truth, rtol=0.15, atol=0)


def test_no_constant_within_the_bounds_explains_the_votes_better(model):
    votes = draw_votes(torch.tensor([4.0, 8.0, 2.0, 5.0, 9.0, 3.0, 30.0]), 500)
    best = begin_at_constant(model, votes)
    loss_fn = gz.DirichletMultinomialLoss(SCHEMA)
    for nudge in torch.eye(7) * 0.3:
        with torch.no_grad():
            model.head.bias += nudge
            moved = loss_fn(votes, model.eval()(torch.rand(1, 3, 32, 32)).expand(500, -1)).sum(dim=-1).mean()
            model.head.bias -= nudge
        assert moved.item() > best


def test_a_question_that_nobody_was_asked_stays_where_it_was(model):
    votes = draw_votes(torch.full((7,), 5.0), 100)
    votes[:, 2:5] = 0
    begin_at_constant(model, votes)
    lowest, highest = model.concentration_bounds  # a concentration of 3 lies between
    assert model.head.bias[2:5].tolist() == pytest.approx([math.log((3 - lowest) / (highest - 3))] * 3)


def test_answers_that_nobody_gave_are_not_stuck_at_the_bound(model):
    votes = torch.tensor([[20, 0, 0, 0, 20, 20, 0]] * 50)
    begin_at_constant(model, votes)
    concentration = model.eval()(torch.rand(1, 3, 32, 32))[0]
    assert concentration.min() > 1.05 * model.concentration_bounds[0]


def test_wide_bounds_let_it_begin_at_the_best_constant_there_is():
    bounds = {"concentration_bounds": (0.05, 500.0)}
    model = gz.TreeModel(SCHEMA, encoder="test_convnext", pretrained=False, image_size=32, **bounds)
    votes = draw_votes(torch.tensor([0.3, 0.5, 0.2, 0.7, 1.5, 0.4, 0.9]), 2000)
    free = torch.tensor(gz.fit_dirichlet(votes.numpy(), SCHEMA)).expand(votes.shape)
    best = gz.DirichletMultinomialLoss(SCHEMA)(votes, free).sum(dim=-1).mean().item()
    assert begin_at_constant(model, votes) == pytest.approx(best, abs=1e-3)


def test_of_many_galaxies_some_are_enough(model):
    votes = draw_votes(torch.full((7,), 5.0), 3 * GALAXIES)
    whole = begin_at_constant(model, votes)
    assert whole == pytest.approx(begin_at_constant(model, votes[::3]), abs=1e-6)


def test_a_head_that_was_trained_is_known(model):
    assert is_untrained(model)
    with torch.no_grad():
        model.head.weight[0, 0] = 1e-3
    assert not is_untrained(model)
