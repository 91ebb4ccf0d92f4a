import itertools

import mpmath
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import gzkit as gz
from gzkit import distributions
from gzkit.loss import exact as terms
from gzkit.loss import loss as loss_module
from gzkit.loss import quick
from gzkit.loss.loss import reference_nll

SCHEMA = gz.Schema(
    {"shape": ["_smooth", "_disk", "_artifact"], "bar": ["_yes", "_no"], "arms": ["_1", "_2", "_3", "_many"]},
    {"shape": None, "bar": "shape_disk", "arms": "bar_no"},
)


def exact(votes, concentration):
    """Loss and gradient of one question in 50 digits."""
    with mpmath.workdps(50):
        a, n = [mpmath.mpf(float(x)) for x in concentration], [int(x) for x in votes]
        total, total_votes = sum(a), sum(n)

        def log_ways(n, a):
            return mpmath.loggamma(a + n) - mpmath.loggamma(a) - mpmath.loggamma(n + 1)

        def slope(n, a):
            return mpmath.digamma(a + n) - mpmath.digamma(a)

        loss = log_ways(total_votes, total) - sum(log_ways(n_i, a_i) for n_i, a_i in zip(n, a, strict=True))
        gradient = [slope(total_votes, total) - slope(n_i, a_i) for n_i, a_i in zip(n, a, strict=True)]
        return float(loss), np.array([float(x) for x in gradient])


def loss_and_gradient(votes, concentration, function=gz.dirichlet_multinomial_nll):
    concentration = torch.as_tensor(concentration).clone().requires_grad_()
    loss = function(torch.as_tensor(votes), concentration)
    loss.sum().backward()
    return loss.detach(), concentration.grad


@st.composite
def votes_and_concentration(draw, dtype=np.float32, largest_votes=100_000):
    answers = draw(st.integers(2, 6))
    magnitude = st.floats(np.log(1e-3), np.log(1e6))
    a = draw(st.lists(magnitude, min_size=answers, max_size=answers))
    counts = st.one_of(st.integers(0, 40), st.integers(0, largest_votes))
    n = draw(st.lists(counts, min_size=answers, max_size=answers))
    return np.array(n), np.exp(a).astype(dtype)


def assert_exact(votes, concentration, loss, gradient):
    true_loss, true_gradient = exact(votes, concentration)
    assert abs(float(loss) - true_loss) <= 6e-7 * max(1, abs(true_loss))
    error = np.linalg.norm(gradient.double().numpy() - true_gradient)
    assert error <= 1e-5 * np.linalg.norm(true_gradient)


@given(votes_and_concentration())
def test_float32_loss_and_gradient_keep_their_digits(sample):
    assert_exact(*sample, *loss_and_gradient(*sample))


@pytest.mark.parametrize("concentration", [1e-3, 1, 100, 1e4, 1e6])
@pytest.mark.parametrize("count", [1, 30, 100_000])
def test_gradient_keeps_its_digits_where_it_nearly_cancels(concentration, count):
    votes, concentration = [count] * 3, np.full(3, concentration, np.float32)
    assert_exact(votes, concentration, *loss_and_gradient(votes, concentration))


def test_loss_equals_scipy():
    rng = np.random.default_rng(0)
    votes, concentration = rng.integers(0, 30, (200, 4)), rng.gamma(2.0, 5.0, (200, 4))
    loss = gz.dirichlet_multinomial_nll(torch.as_tensor(votes), torch.as_tensor(concentration))
    expected = -stats.dirichlet_multinomial.logpmf(votes, concentration, votes.sum(axis=-1))
    np.testing.assert_allclose(loss, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(loss, distributions.nll(votes, concentration), rtol=1e-12, atol=1e-12)


@given(votes_and_concentration(np.float64, largest_votes=1000))
def test_loss_equals_the_formula_as_papers_write_it(sample):
    votes, concentration = (torch.as_tensor(x).double() for x in sample)
    loss = gz.dirichlet_multinomial_nll(votes, concentration)
    torch.testing.assert_close(loss, reference_nll(votes, concentration), rtol=1e-12, atol=1e-7)


def test_loss_is_the_urn_of_volunteer_after_volunteer():
    concentration, order = np.array([0.5, 2.0, 7.0]), [0, 2, 2, 1, 2, 0, 2]
    log_probability, balls = 0.0, concentration.copy()
    for answer in order:
        log_probability += np.log(balls[answer] / balls.sum())
        balls[answer] += 1
    votes = np.bincount(order)
    orderings = stats.multinomial.logpmf(votes, 7, votes / 7) - (votes * np.log(votes / 7)).sum()
    loss = gz.dirichlet_multinomial_nll(torch.as_tensor(votes), torch.as_tensor(concentration))
    assert loss.item() == pytest.approx(-(log_probability + orderings), rel=1e-13)


def test_probabilities_of_all_vote_splits_sum_to_one():
    splits = torch.tensor([n for n in itertools.product(range(10), repeat=3) if sum(n) == 9])
    concentration = torch.tensor([0.2, 3.0, 40.0], dtype=torch.float64)
    assert (-gz.dirichlet_multinomial_nll(splits, concentration)).exp().sum().item() == pytest.approx(
        1, rel=1e-13
    )


def test_merging_answers_adds_their_concentrations():
    concentration, other, total = torch.tensor([1.5, 0.7, 4.0]).double(), 3, 8
    splits = torch.tensor([[k, total - other - k, other] for k in range(total - other + 1)])
    split = (-gz.dirichlet_multinomial_nll(splits, concentration)).exp().sum()
    merged = gz.dirichlet_multinomial_nll(
        torch.tensor([total - other, other]), torch.stack([concentration[:2].sum(), concentration[2]])
    )
    assert split.item() == pytest.approx(torch.exp(-merged).item(), rel=1e-13)


@given(votes_and_concentration(np.float64), st.randoms())
def test_order_of_answers_does_not_matter(sample, random):
    votes, concentration = (torch.as_tensor(x) for x in sample)
    order = torch.tensor(random.sample(range(len(votes)), len(votes)))
    loss, permuted = (
        gz.dirichlet_multinomial_nll(votes[i], concentration[i]) for i in (torch.arange(len(votes)), order)
    )
    torch.testing.assert_close(loss, permuted, rtol=1e-9, atol=1e-8)


def test_large_concentration_tends_to_the_multinomial():
    votes, fractions = np.array([3, 8, 1]), np.array([0.2, 0.7, 0.1])
    loss = gz.dirichlet_multinomial_nll(torch.as_tensor(votes), torch.as_tensor(fractions * 1e12))
    assert loss.item() == pytest.approx(-stats.multinomial.logpmf(votes, 12, fractions), abs=1e-9)


def test_one_vote_is_the_categorical_cross_entropy():
    concentration = torch.rand(5, 4, dtype=torch.float64) * 20
    label = torch.tensor([0, 3, 1, 2, 2])
    loss = gz.dirichlet_multinomial_nll(torch.nn.functional.one_hot(label, 4), concentration)
    expected = torch.nn.functional.cross_entropy(concentration.log(), label, reduction="none")
    torch.testing.assert_close(loss, expected, rtol=1e-13, atol=1e-13)


def test_gradcheck():
    votes = torch.tensor([[3, 0, 5, 1, 2, 0, 0, 0, 9], [0] * 9])
    concentration = (torch.rand(2, 9, dtype=torch.float64) * 20 + 0.1).requires_grad_()
    assert torch.autograd.gradcheck(lambda a: gz.DirichletMultinomialLoss(SCHEMA)(votes, a), concentration)


def test_gradient_of_the_gradient_is_refused():
    concentration = torch.ones(3, requires_grad=True)
    loss = gz.dirichlet_multinomial_nll(torch.tensor([1, 2, 3]), concentration)
    with pytest.raises(RuntimeError, match="no gradient of the gradient"):
        torch.autograd.grad(loss, concentration, create_graph=True)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_zero_votes_give_exactly_zero_loss_and_gradient(dtype):
    concentration = torch.tensor([[1e-3, 0.3, 1, 101, 6e4, 3, 7, 9, 11]], dtype=dtype)
    loss, gradient = loss_and_gradient(torch.zeros(1, 9), concentration, gz.DirichletMultinomialLoss(SCHEMA))
    assert (loss == 0).all() and (gradient == 0).all()


@pytest.mark.parametrize(("shift", "smallest"), [(0, 1.0), (1, 1e-3)])
def test_quick_way_is_right_to_single_precision(shift, smallest):
    rng = np.random.default_rng(0)
    n = np.r_[0, 1, 2, 40, 100_000, rng.integers(0, 300, 100)].astype(float)
    a = np.exp(rng.uniform(np.log(smallest), np.log(quick.ORDINARY), len(n))).clip(smallest)
    a[:5] = smallest
    value, slope = quick.log_ways(torch.tensor(n), torch.tensor(a), shift)
    with mpmath.workdps(50):
        for i in range(len(n)):
            x, end = mpmath.mpf(a[i]), mpmath.mpf(a[i]) + int(n[i])
            true = mpmath.loggamma(end) - mpmath.loggamma(x) - mpmath.loggamma(int(n[i]) + 1)
            assert abs(value[i].item() - float(true)) < 3e-8 * max(1, abs(float(true)))
            assert abs(slope[i].item() - float(mpmath.digamma(end) - mpmath.digamma(x))) < 1e-7


@pytest.mark.parametrize("given", [0, 1, 33, 34, 100])
@pytest.mark.parametrize("log_ways", [quick.log_ways, quick.log_ways_of_few_or_many])
def test_quick_way_is_the_same_whether_few_or_many_have_votes(given, log_ways):
    votes, concentration = torch.zeros(100).double(), torch.rand(100).double() * 30
    votes[torch.randperm(100)[:given]] = 3
    quick = log_ways(votes, concentration)
    for one, other in zip(quick, terms.log_ways(votes, concentration), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-7, atol=3e-8)


@pytest.mark.parametrize("given", [0, 0.05, 0.3, 0.4, 1])
def test_quick_loss_is_that_of_double_precision(given):
    votes = torch.randint(1, 30, (50, 9)) * (torch.rand(50, 9) < given)
    concentration = torch.rand(50, 9) * 20 + 0.1
    module = gz.DirichletMultinomialLoss(SCHEMA)
    single, double = (loss_and_gradient(votes, a, module) for a in (concentration, concentration.double()))
    for one, other in zip(single, double, strict=True):
        torch.testing.assert_close(one.double(), other, rtol=3e-7, atol=3e-7)


@pytest.mark.parametrize(
    ("concentration", "shift"),
    [
        (1.0, 0),
        (0.99, 1),
        (9_999.0, 1),
        (1e4, None),
        (0.0, None),
        (-1.0, None),
        (np.nan, None),
        (np.inf, None),
    ],
)
def test_quick_way_is_for_ordinary_concentrations(concentration, shift):
    mixed = torch.tensor([[2.0, concentration], [0.5 if concentration > 1 else 3.0, 5.0]])
    assert quick.shift_for(mixed) == shift
    assert quick.shift_for(mixed.double()) is None is quick.shift_for(mixed[:0])


def test_many_votes_need_no_table():
    votes, concentration = np.array([3_000, 5, 70_000]), np.array([2.0, 30.0, 0.5], np.float32)
    assert_exact(votes, concentration, *loss_and_gradient(votes, concentration))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("votes_dtype", [torch.uint8, torch.int64, torch.float32, torch.bfloat16])
def test_types_of_votes_and_concentrations(dtype, votes_dtype):
    votes, concentration = torch.randint(0, 30, (8, 9)), (torch.rand(8, 9) * 20 + 1).to(dtype)
    loss, gradient = loss_and_gradient(
        votes.to(votes_dtype), concentration, gz.DirichletMultinomialLoss(SCHEMA)
    )
    assert loss.dtype == torch.promote_types(dtype, torch.float32) and gradient.dtype == dtype
    expected = [
        reference_nll(votes[:, q.columns].double(), concentration[:, q.columns].double())
        for q in SCHEMA.questions
    ]
    torch.testing.assert_close(loss.double(), torch.stack(expected, dim=-1), rtol=1e-6, atol=1e-6)


def test_autocast_changes_no_digit():
    votes, concentration = torch.randint(0, 30, (8, 9)), torch.rand(8, 9) * 20 + 1
    module = gz.DirichletMultinomialLoss(SCHEMA)
    with torch.autocast("cpu", torch.bfloat16):
        loss = module(votes, concentration)
    assert torch.equal(loss, module(votes, concentration))


def test_device_without_float64_gets_the_same_digits(monkeypatch):
    votes, concentration = torch.randint(0, 30, (8, 9)), torch.rand(8, 9) * 20 + 1
    expected = loss_and_gradient(votes, concentration, gz.DirichletMultinomialLoss(SCHEMA))
    monkeypatch.setattr(loss_module, "NO_FLOAT64", {"cpu"})
    found = loss_and_gradient(votes, concentration, gz.DirichletMultinomialLoss(SCHEMA))
    assert all(torch.equal(*pair) for pair in zip(found, expected, strict=True))


def test_samples_and_ensembles_broadcast():
    votes, concentration = torch.randint(0, 30, (8, 9)), torch.rand(5, 2, 8, 9) * 20 + 1
    module = gz.DirichletMultinomialLoss(SCHEMA)
    loss, gradient = loss_and_gradient(votes, concentration, module)
    assert loss.shape == (5, 2, 8, 3) and gradient.shape == concentration.shape
    assert torch.equal(loss[3, 1], module(votes, concentration[3, 1]))
    loss, gradient = loss_and_gradient(votes, concentration[0, 0, 0], module)
    assert loss.shape == (8, 3) and gradient.shape == (9,)


def test_blocks_of_galaxies_join_seamlessly(monkeypatch):
    votes, concentration = torch.randint(0, 5, (13, 9)), torch.rand(13, 9) * 20
    whole = gz.DirichletMultinomialLoss(SCHEMA)(votes, concentration)
    monkeypatch.setattr(loss_module, "BLOCK", 40)
    assert torch.equal(gz.DirichletMultinomialLoss(SCHEMA)(votes, concentration), whole)


def test_no_galaxies_give_no_losses():
    assert gz.DirichletMultinomialLoss(SCHEMA)(torch.zeros(0, 9), torch.ones(0, 9)).shape == (0, 3)


@pytest.mark.parametrize("bad", [0.0, -1.0, -7.5, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("count", [0, 3])
def test_impossible_concentration_gives_nan_in_its_question_alone(bad, count):
    votes, concentration = torch.full((2, 9), count), torch.full((2, 9), 2.0)
    concentration[1, 3] = bad
    loss, gradient = loss_and_gradient(votes, concentration, gz.DirichletMultinomialLoss(SCHEMA))
    assert loss[1].isnan().tolist() == [False, True, False] and not loss[0].isnan().any()
    if count:
        assert gradient[1, 3:5].isnan().all()


@pytest.mark.parametrize("bad", [2.9, float("nan"), -1.0, float("inf")])
def test_bad_votes_are_named_by_row_and_column(bad):
    votes = torch.zeros(3, 9)
    votes[2, 4] = bad
    with pytest.raises(ValueError, match="row 2, column 'bar_no'"):
        gz.DirichletMultinomialLoss(SCHEMA)(votes, torch.ones(3, 9))
    with pytest.raises(ValueError, match="row 2, column 'answer_4'"):
        gz.dirichlet_multinomial_nll(votes, torch.ones(3, 9))


def test_check_of_votes_can_be_paid_once_a_data_set():
    module = gz.DirichletMultinomialLoss(SCHEMA, check_votes=False)
    assert module(torch.full((1, 9), float("nan")), torch.ones(1, 9)).isnan().all()


def test_answers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="votes have 8 columns, Schema"):
        gz.DirichletMultinomialLoss(SCHEMA)(torch.zeros(3, 8), torch.ones(3, 8))
    with pytest.raises(ValueError, match="votes have 9 answers, concentrations 8"):
        gz.DirichletMultinomialLoss(SCHEMA)(torch.zeros(3, 9), torch.ones(3, 8))


@pytest.mark.slow
def test_compiled_loss_is_the_same():
    votes, concentration = torch.randint(0, 30, (8, 9)), torch.rand(8, 9) * 20 + 1
    module = gz.DirichletMultinomialLoss(SCHEMA, check_votes=False)
    compiled = torch.compile(module, fullgraph=True)
    for counts in (votes, torch.zeros_like(votes)):
        for found, expected in zip(
            loss_and_gradient(counts, concentration, compiled),
            loss_and_gradient(counts, concentration, module),
            strict=True,
        ):
            torch.testing.assert_close(found, expected, rtol=3e-7, atol=1e-7)
