"""Speed of the loss, forward and backward, beside the peer's (zoobot), alternating in one process.

    python tests/benchmarks/loss_speed.py --threads 2 --zeros 0.5

Without zoobot only our own times are shown. ``--device cuda`` measures there. ``cpu`` times are of the process: on a
busy machine they say more than the clock's.
"""

import argparse
import time
from functools import partial

import torch

import gzkit as gz


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


def milliseconds(steps, repeats, device):
    """Clock and processor times of each step, which take turns: the fastest and the middle of the repeats."""
    times = {name: ([], []) for name in steps}
    for repeat in range(repeats + 2):
        for name, step in steps.items():
            clock, processor = time.perf_counter(), time.process_time()
            step()
            if device == "cuda":
                torch.cuda.synchronize()
            if repeat >= 2:
                times[name][0].append(1e3 * (time.perf_counter() - clock))
                times[name][1].append(1e3 * (time.process_time() - processor))
    return {name: [(min(t), sorted(t)[len(t) // 2]) for t in both] for name, both in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--zeros", type=float, default=0.5, help="share of the votes that are 0")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print("| schema | batch | ours clock | ours cpu | peer clock | peer cpu | ratio clock | ratio cpu |")
    print("|---|---|---|---|---|---|---|---|")
    for name in ("gz-decals-dr5", "gz-evo"):
        schema = gz.load_schema(name)
        ours, peer = (
            gz.DirichletMultinomialLoss(schema, check_votes=False).to(options.device),
            peer_loss(schema),
        )
        for batch in (64, 512, 4096):
            votes = torch.randint(0, 20, (batch, len(schema.answers)), device=options.device)
            votes *= torch.rand(votes.shape, device=options.device) >= options.zeros
            concentration = (torch.rand(votes.shape, device=options.device) * 100 + 1).requires_grad_()
            steps = {"ours": partial(forward_and_backward, ours, votes, concentration)}
            if peer:
                by_column = dict(zip(schema.label_cols, votes.unbind(dim=1), strict=True))
                swapped = partial(truth_first, peer)
                steps["peer"] = partial(forward_and_backward, swapped, by_column, concentration)
            found = milliseconds(steps, options.repeats, options.device)
            cells = [f"{best:.2f} / {middle:.2f}" for both in found.values() for best, middle in both]
            if peer:
                pairs = zip(found["peer"], found["ours"], strict=True)
                cells += [f"{p[0] / o[0]:.1f} / {p[1] / o[1]:.1f}" for p, o in pairs]
            print(f"| {name} | {batch} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
