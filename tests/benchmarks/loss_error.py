"""Errors of the loss and of its gradient against 50-digit arithmetic: ours, plain float32, the peer's, pyro's, SciPy's.

    python tests/benchmarks/loss_error.py

Three answers with concentrations of about the size named and votes of about the number named, ten draws each. The peer
(zoobot) and pyro are compared where they are installed.
"""

import mpmath
import numpy as np
import torch
from scipy import stats

import gzkit as gz
from gzkit.loss.loss import reference_nll

mpmath.mp.dps = 50


def exact(votes, concentration):
    """Loss and gradient of one question, in 50 digits."""
    a, n = [mpmath.mpf(float(x)) for x in concentration], [int(x) for x in votes]
    pairs = list(zip(n, a, strict=True))

    def log_ways(n, a):
        return mpmath.loggamma(a + n) - mpmath.loggamma(a) - mpmath.loggamma(n + 1)

    def slope(n, a):
        return mpmath.digamma(a + n) - mpmath.digamma(a)

    loss = log_ways(sum(n), sum(a)) - sum(log_ways(*pair) for pair in pairs)
    return float(loss), np.array([float(slope(sum(n), sum(a)) - slope(*pair)) for pair in pairs])


def implementations():
    """Name and function(votes, concentration) of each; SciPy's gives no gradient."""
    found = {"ours": gz.dirichlet_multinomial_nll, "plain float32": lambda n, a: reference_nll(n.float(), a)}
    try:
        from zoobot.pytorch.training.losses import get_dirichlet_neg_log_prob

        found["zoobot"] = lambda n, a: get_dirichlet_neg_log_prob(a, n)
    except ImportError:
        pass
    try:
        from pyro.distributions import DirichletMultinomial

        found["pyro"] = lambda n, a: (
            -DirichletMultinomial(a, total_count=n.sum(-1), validate_args=False).log_prob(n.float())
        )
    except ImportError:
        pass
    found["scipy float64"] = lambda n, a: torch.as_tensor(scipy_nll(n.numpy(), a.detach().double().numpy()))
    return found


def scipy_nll(votes, concentration):
    return -stats.dirichlet_multinomial.logpmf(votes, concentration, votes.sum(axis=-1))


def errors(function, votes, concentration, truth):
    """Largest error of the loss relative to max(1, |loss|), and of the gradient relative to its norm."""
    concentration = torch.as_tensor(concentration).requires_grad_()
    loss = function(torch.as_tensor(votes), concentration)
    true_loss, true_gradient = (np.array(part) for part in zip(*truth, strict=True))
    of_loss = np.abs(loss.detach().double().numpy() - true_loss) / np.maximum(1, np.abs(true_loss))
    if not loss.requires_grad:
        return of_loss.max(), np.nan
    loss.sum().backward()
    wrong = np.linalg.norm(concentration.grad.double().numpy() - true_gradient, axis=-1)
    return of_loss.max(), (wrong / np.linalg.norm(true_gradient, axis=-1)).max()


def main():
    rng, functions = np.random.default_rng(0), implementations()
    print("| concentration | votes | " + " | ".join(f"{name}: loss, gradient" for name in functions) + " |")
    print("|---" * (len(functions) + 2) + "|")
    for size in (1e-3, 1.0, 100.0, 1e4, 1e6):
        for count in (1, 30, 1000, 100_000):
            concentration = (size * np.exp(rng.uniform(-0.7, 0, (10, 3)))).astype(np.float32)
            votes = rng.multinomial(count, rng.dirichlet(np.ones(3) * 3, 10))
            if count > 1:
                concentration[0], votes[0] = size, count // 3  # where the gradient nearly cancels
            truth = [exact(*row) for row in zip(votes, concentration, strict=True)]
            cells = (errors(function, votes, concentration, truth) for function in functions.values())
            cells = " | ".join(f"{loss:.0e}, {gradient:.0e}" for loss, gradient in cells)
            print(f"| {size:g} | {count} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
