"""Of what use is ``gzkit-tiny`` on real galaxies?

Cross-validated loss of the first question on the 50 GZ DECaLS cutouts (GZKIT_REALDATA names their folder), from
features of ``gzkit-tiny``, of randomly initialised encoders of the same shape, and from no features at all:

    GZKIT_REALDATA=folder python tests/benchmarks/simulate_real_features.py
"""

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy import optimize, special, stats
from simulated import simulate_survey

import gzkit as gz

ANSWERS = ["smooth", "featured-or-disk", "artifact"]
PENALTIES = 10.0 ** np.arange(0, 6)
FOLDS, REPEATS, RANDOM_ENCODERS = 5, 10, 5


def read_galaxies(folder, size=128):
    """Pictures (galaxy, channel, height, width) and votes (galaxy, answer) of the real galaxies."""
    import pandas as pd

    table = pd.read_csv(folder / "catalog.csv")
    pictures = [
        Image.open(folder / name).convert("RGB").resize((size, size), Image.LANCZOS)
        for name in table["file_loc"]
    ]
    pixels = torch.from_numpy(np.stack([np.asarray(p) for p in pictures])).permute(0, 3, 1, 2).float() / 255
    return pixels, table[[f"smooth-or-featured_{answer}" for answer in ANSWERS]].to_numpy(float)


def encoder_model(seed, pixels):
    """The bundled encoder, or with a seed a random one whose batch norms have seen the pictures."""
    schema = gz.Schema.from_classes("smooth-or-featured", ANSWERS)
    model = gz.TreeModel(schema, encoder="gzkit-tiny", pretrained=seed is None, seed=seed or 0)
    if seed is not None:
        model.encoder.train()
        with torch.no_grad():
            for _ in range(20):
                model.encoder(pixels * model.scale + model.offset)
    model.encoder.eval()
    return model


def features(model, pixels):
    """Mean features over the eight views of each picture: (galaxy, feature)."""
    total = 0
    with torch.no_grad():
        for turn in range(4):
            for view in (pixels.rot90(turn, (2, 3)), pixels.rot90(turn, (2, 3)).flip(3)):
                total = total + model.encoder(view * model.scale + model.offset)
    return (total / 8).double().numpy()


def nll(votes, concentration):
    """Dirichlet-Multinomial loss (galaxy,) [nat]."""
    total, asked = concentration.sum(-1), votes.sum(-1)
    ways = special.gammaln(asked + 1) - special.gammaln(votes + 1).sum(-1)
    answers = (special.gammaln(votes + concentration) - special.gammaln(concentration)).sum(-1)
    return -(ways + answers + special.gammaln(total) - special.gammaln(asked + total))


def best_strength(votes, fractions):
    """Sum of concentrations under which the votes are most probable."""
    result = optimize.minimize_scalar(
        lambda s: nll(votes, fractions * np.exp(s)).sum(), bounds=(0, 7), method="bounded"
    )
    return np.exp(result.x)


def ridge(x_train, target, x_test, penalty):
    """Predictions for the test galaxies, and leave-one-out predictions for the training galaxies."""
    centre, middle = x_train.mean(0), target.mean(0)
    spread = x_train.std(0) + 1e-9
    x_train, x_test = (x_train - centre) / spread, (x_test - centre) / spread
    inverse = np.linalg.inv(x_train @ x_train.T + penalty * np.eye(len(x_train)))
    weights = inverse @ (target - middle)
    hat = 1 - penalty * np.diag(inverse)
    left_out = (
        target - (target - middle - (x_train @ x_train.T) @ weights) / (1 - hat - 1 / len(x_train))[:, None]
    )
    return middle + x_test @ x_train.T @ weights, left_out


def softmax(x):
    """Fractions from log-ratios."""
    x = np.exp(x - x.max(-1, keepdims=True))
    return x / x.sum(-1, keepdims=True)


def cross_validated_loss(x, votes, rng):
    """Mean loss of galaxies held out: the penalty and the strength are chosen among the others."""
    target = np.log((votes + 1) / (votes + 1).sum(-1, keepdims=True))
    losses = np.zeros(len(votes))
    for _ in range(REPEATS):
        for held in np.array_split(rng.permutation(len(votes)), FOLDS):
            kept = np.setdiff1d(np.arange(len(votes)), held)
            options = []
            for penalty in PENALTIES:
                predicted, left_out = ridge(x[kept], target[kept], x[held], penalty)
                strength = best_strength(votes[kept], softmax(left_out))
                score = nll(votes[kept], softmax(left_out) * strength).mean()
                options.append((score, nll(votes[held], softmax(predicted) * strength)))
            losses[held] += min(options, key=lambda option: option[0])[1] / REPEATS
    return losses


def rank_correlation(encoder_features, simulated_features, simulated_votes, votes):
    """Spearman's correlation of real featured fractions with those predicted by a ridge fitted to simulated votes."""
    target = np.log((simulated_votes + 1) / (simulated_votes + 1).sum(-1, keepdims=True))
    best = None
    for penalty in PENALTIES:
        predicted, left_out = ridge(simulated_features, target, encoder_features, penalty)
        score = ((left_out - target) ** 2).mean()
        if best is None or score < best[0]:
            best = score, softmax(predicted)[:, 1]
    return stats.spearmanr(best[1], votes[:, 1] / votes.sum(-1))


def simulated_galaxies(galaxies=400):
    """Pictures and votes of the first question of a simulated survey."""
    survey = simulate_survey(galaxies, seed=9003)
    pixels = torch.from_numpy(survey.images).permute(0, 3, 1, 2).float() / 255
    return pixels, survey.votes[
        :, [survey.schema.get_answer(f"smooth-or-featured_{a}").index for a in ANSWERS]
    ]


def main():
    """Print the losses and their differences."""
    torch.set_num_threads(1)
    pixels, votes = read_galaxies(Path(os.environ["GZKIT_REALDATA"]) / "decals50")
    simulated, simulated_votes = simulated_galaxies()
    rows = {}
    for seed in [None, *range(RANDOM_ENCODERS)]:
        name = "gzkit-tiny" if seed is None else f"random encoder {seed}"
        model = encoder_model(seed, pixels)
        rows[name] = features(model, pixels)
        correlation = rank_correlation(rows[name], features(model, simulated), simulated_votes, votes)
        print(
            f"{name:18} fitted to simulated votes alone: rank correlation with the real featured fraction "
            f"{correlation.statistic:+.2f} (p = {correlation.pvalue:.3f})"
        )
    rows["no features"] = np.zeros((len(votes), 1))
    losses = {name: cross_validated_loss(x, votes, np.random.default_rng(0)) for name, x in rows.items()}
    for name, loss in losses.items():
        gain = loss - losses["gzkit-tiny"]
        error = gain.std(ddof=1) / np.sqrt(len(gain))
        print(f"{name:18} loss {loss.mean():.3f} nat; above gzkit-tiny {gain.mean():+.3f} +- {error:.3f}")


if __name__ == "__main__":
    main()
