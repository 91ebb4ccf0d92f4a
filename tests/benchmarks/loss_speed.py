"""Speed of the loss, forward and backward, beside the peer's (zoobot), in turns in one process.

    python tests/benchmarks/loss_speed.py --threads 2

Votes are of volunteers who walked the tree ("volunteers"; in GZ Evo each galaxy belongs to one campaign, whose
questions alone have votes), or every answer has some ("dense", the worst case). Each ratio is the median over the turns
of the peer's time to ours in that turn: a busy machine slows both. ``cpu`` is the processor time of all threads.

Without zoobot only our own times are shown. ``--device cuda`` measures there.
"""

import argparse
import time
from functools import partial

import numpy as np
import torch
from simulated import individual_probabilities, simulate_survey

import gzkit as gz
from gzkit.simulate.volunteers import cast_votes


def volunteers_votes(schema, galaxies, seed=0):
    """Votes of 36 to 44 volunteers a galaxy, of whom each answers the questions of one campaign."""
    if schema.name == "gz-decals-dr5":
        return simulate_survey(galaxies, seed=seed, schema=schema, images=False).votes
    rng = np.random.default_rng(seed)
    even = np.concatenate([np.full(len(q.answers), 1 / len(q.answers)) for q in schema.questions])
    chances = individual_probabilities(np.tile(even, (galaxies, 1)), schema, 3.0, rng)
    votes = cast_votes(chances, schema, rng.integers(36, 45, galaxies), rng)
    campaign = np.array([answer.question.text.rsplit("-", 1)[1] for answer in schema.answers])
    votes[campaign != rng.choice(np.unique(campaign), galaxies)[:, None]] = 0
    return votes


def dense_votes(schema, galaxies, seed=0):
    """From 1 to 19 votes for every answer."""
    return np.random.default_rng(seed).integers(1, 20, (galaxies, len(schema.answers)))


def peer_loss(schema):
    try:
        from zoobot.pytorch.training.losses import CustomMultiQuestionLoss, get_dirichlet_neg_log_prob
    except ImportError:
        return None
    return CustomMultiQuestionLoss(schema.pairs, get_dirichlet_neg_log_prob)


def truth_first(loss, votes, concentration):
    return loss(concentration, votes)


def forward_and_backward(loss, votes, concentration):
    concentration.grad = None
    loss(votes, concentration).sum(dim=1).mean().backward()


def milliseconds(steps, seconds, device):
    """Clock and processor time of each step in each of its turns, (step, turn, 2); the first two are left out."""
    turns, end = [], time.perf_counter() + seconds
    while len(turns) < 7 or (time.perf_counter() < end and len(turns) < 500):
        turn = []
        for step in steps:
            clock, processor = time.perf_counter(), time.process_time()
            step()
            if device == "cuda":
                torch.cuda.synchronize()
            turn.append((time.perf_counter() - clock, time.process_time() - processor))
        turns.append(turn)
    return 1e3 * np.array(turns[2:]).swapaxes(0, 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--seconds", type=float, default=3.0, help="for each row of the table")
    parser.add_argument("--batch", type=int, nargs="+", default=[64, 512, 4096])
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        "| schema | votes | zeros | batch | ours clock, cpu (ms) | peer clock, cpu (ms) | ratio clock, cpu |"
    )
    print("|---|---|---|---|---|---|---|")
    for name in ("gz-decals-dr5", "gz-evo"):
        schema = gz.load_schema(name)
        ours = gz.DirichletMultinomialLoss(schema, check_votes=False).to(options.device)
        peer = peer_loss(schema)
        for kind in (volunteers_votes, dense_votes):
            for batch in options.batch:
                votes = torch.as_tensor(kind(schema, batch), device=options.device)
                concentration = (torch.rand(votes.shape, device=options.device) * 100 + 1).requires_grad_()
                steps = [partial(forward_and_backward, ours, votes, concentration)]
                if peer:
                    by_column = dict(zip(schema.label_cols, votes.unbind(dim=1), strict=True))
                    swapped = partial(truth_first, peer)
                    steps.append(partial(forward_and_backward, swapped, by_column, concentration))
                times = milliseconds(steps, options.seconds, options.device)
                cells = ["{:.2f}, {:.2f}".format(*median) for median in np.median(times, axis=1)]
                if peer:
                    cells.append("{:.1f}, {:.1f}".format(*np.median(times[1] / times[0], axis=0)))
                zeros = (votes == 0).double().mean().item()
                label = f"{name} | {kind.__name__.removesuffix('_votes')} | {zeros:.0%} | {batch}"
                print(f"| {label} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
