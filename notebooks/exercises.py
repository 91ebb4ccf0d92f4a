"""Exercises that answer back: ``check("2.1", 26)`` says whether it is right, or hints."""

import math

# The right answer, and a hint. Names are compared one by one, numbers to 3 % or as said third.
EXERCISES = {
    "1.1": (
        {
            "smooth-or-featured_artifact",
            "merging_none",
            "merging_minor-disturbance",
            "merging_major-disturbance",
            "merging_merger",
        },
        "Take the answers from which nothing leads on: `answer.next_questions` is empty.",
    ),
    "1.2": (
        {
            "bulge-shape",
            "clumps-embedded-larger-object",
            "clumpy-appearance",
            "galaxy-symmetrical",
        },
        "Compare the texts of the questions of both schemas, as sets.",
    ),
    "1.3": (
        [(["gz-decals-dr5"], 1165), (["gz-hubble"], 163), (["gz-ukidss"], 317)],
        "An answer has as many ways as the question after it; an end has one.",
    ),
    "1.4": (
        {"disk-edge-on_no", "has-spiral-arms_yes"},
        "Exchange each pair back, and count where totals differ from the votes that led there.",
    ),
    "2.1": (26, "Look for the first number whose *lower* limit passes 0.5.", 0),
    "2.2": (0.59, "Where nobody was asked, a galaxy is lost as well: divide by all of them."),
    "2.3": (0.06, "Compare np.nanmean with the mean after np.nan_to_num.", 0.1),
    "2.4": (0.22, "Of each prior, held(prior, ['bulge-size_dominant']); nearest to 0.9.", 0.2),
    "2.5": (-0.022, "truth['spiral-winding_tight'].mean(), and the same of those kept.", 0.1),
    "3.1": (269, "Where half say yes, N votes leave Beta(N/2 + 1/2, N/2 + 1/2) open.", 0),
    "3.2": (0.31, "Keep the galaxies that both have seen: told >= 0 in both rows.", 0.03),
    "3.3": (13, "Count up to 25, and look at what happens about the middle.", 0),
    "3.4": (0.93, "np.sort(votes, axis=1): the two largest stand last.", 0.008),
    "4.1": (38, "Solve (40 + A) / (1 + A) = 2.", 0),
    "4.2": (1 / 11, "There are eleven possible numbers, from 0 to 10. Is one likelier?"),
    "4.3": ({"yes: 3", "no: 4"}, "What if you paint the balls of two kinds in one colour?"),
    "4.4": (0.302, "Put the 12 and 8 into the urn first."),
    "4.5": (1.71, "A = (N - r) / (r - 1), with r the variance over the coin's."),
    "5.1": (math.inf, "Try 10, 100 and 1000 times (1, 3). Does the loss ever rise again?"),
    "5.2": (
        [
            (([3, 9], [6.0, 6.0]), [0.27989, -0.25381]),
            (([1, 2, 7], [1.5, 2.0, 4.0]), [0.21993, 0.05327, -0.20903]),
            (([0, 0], [0.5, 7.0]), [0, 0]),
        ],
        "lgamma becomes digamma, and A depends on every concentration.",
    ),
    "5.3": (1.1658, "Which balls does the second urn hold, and who draws from it?"),
    "6.1": (840, "Each of two epochs goes through every training galaxy once.", 0),
    "6.2": (0.012, "Take the mean absolute change over galaxies and answers.", 1),
    "6.3": (0, "head.eval(); loss.backward(); then head[1].bias.grad.norm().", 0.3),
    "6.4": (0.15, "rot90 and flip give the views; torch.stack(...).log().mean(dim=0).", 0.9),
    "7.1": (
        {"spiral-arm-count_cant-tell"},
        "Which column has the widest predictions.interval(0.9), on average over galaxies?",
    ),
    "7.2": (5, "One prediction a sample.", 0),
    "7.3": (
        3.9,
        "rng.dirichlet at each of three questions, multiply, then rng.binomial.",
        0.12,
    ),
    "7.4": (0.2, "The losses are -log(pmf); their mean and scatter weigh with pmf.", 1),
    "8.1": (0.76, "Divide the concentrations by 4, and look at coverage_50 with full=True."),
    "8.2": (0.82, "Shift the means, keep the total at 8, and look at coverage_90."),
    "8.3": (900, "The standard error of a share p is sqrt(p (1 - p) / n).", 0.12),
    "8.4": (
        0.26,
        "minimize_scalar over the logarithm of the factor, as worth_of_totals has it.",
    ),
    "9.1": ({"sim-00579"}, 'gz.similar(features, "sim-00003", count=1).'),
    "9.2": (4, "truth.loc[odd['id_str'], 'kind'] names their kinds.", 0),
    "9.3": (0.9, "Least sure: the smallest np.abs(rank(...)).", 0.07),
    "9.4": (120, "search(strong, row, rounds=10), and the first round that reaches 0.95.", 0.2),
    "10.1": (
        {"shape_cigar-shaped", "shape_in-between", "shape_round"},
        "Compare label_cols before and after, as sets.",
    ),
    "10.2": (167, "min_classifications= leaves the others out. Count the rows.", 0),
    "10.3": (1686, "Keep a set of those (user_name, subject_ids) that you have met.", 0),
    "10.4": (
        {"many galaxies"},
        "Train both on gz.finetune's own choices; test on other galaxies.",
    ),
    "11.1": (0, "The file keeps four digits or more.", 1e-4),
    "11.2": ({"bar_strnog"}, "Misspell bar_strong as bar_strnog, and read the message's end."),
    "11.3": (
        1000,
        "How far apart are k/N and (k + 1)/N? And how far off is a rounded one?",
        0.002,
    ),
    "11.4": (1.73, "Multiply each fraction by its proportion asked."),
    "12.1": (1, "Of those left, how many pass the two cuts above in truth?", 0.08),
    "12.2": (0.1, "Sum the gain over the questions, and compare the thirty largest.", 0.9),
    "12.3": (
        [((1, 1), 0.193147), ((50, 50), 0.004975), ((0.5, 20), 0.017791)],
        "digamma gives the mean of p log p under a Beta distribution.",
    ),
    "12.4": (0, "np.polynomial.Polynomial.fit(radius, people, 1), on one half alone.", 0.04),
}


def check(number, answer):
    """Say whether an answer is right; where it is not, how far it is off, and a hint.

    Parameters
    ----------
    number : str
        Of the lesson and the exercise: ``"2.1"``.
    answer : float, str, set of str, callable or None
        Yours; None while you have none.
    """
    right, hint, *tolerance = EXERCISES[number]
    if answer is None:
        said = "still open"
    elif isinstance(right, set):
        said = _names(right, {answer} if isinstance(answer, str) else set(answer), hint)
    elif isinstance(right, list):
        said = _function(right, answer, hint)
    else:
        said = _number(right, float(answer), hint, *tolerance)
    print(f"{number}: {said}")


def _names(right, given, hint):
    if given == right:
        return "right"
    found, extra = len(given & right), len(given - right)
    return f"not yet. {found} of {len(right)} found, {extra} that do not belong. {hint}"


def _number(right, given, hint, tolerance=0.03):
    if _near(right, given, tolerance):
        return "right"
    return f"not yet. It is too {'large' if given > right else 'small'}. {hint}"


def _function(cases, function, hint):
    if not callable(function):
        return f"not yet. Give the function itself, not what it returns. {hint}"
    wrong = [given for given, right in cases if not _all_near(right, function(*given))]
    if not wrong:
        return "right"
    tried = ", ".join(map(repr, wrong[0]))
    return (
        f"not yet. Right {len(cases) - len(wrong)} of {len(cases)} times; try {tried}. {hint}"
    )


def _near(right, given, tolerance):
    close = tolerance * (abs(right) or 1)
    return bool(given == right or abs(given - right) <= close < math.inf)


def _all_near(right, given):
    """Whether a number, or each of a list, is right to one in a thousand."""
    right, given = (
        list(each) if hasattr(each, "__len__") else [each] for each in (right, given)
    )
    return len(right) == len(given) and all(map(_near, right, given, [1e-3] * len(right)))


def exchange(catalog):
    """A catalogue in which two columns have been exchanged, for exercise 1.4."""
    one, other = EXERCISES["1.4"][0]
    return catalog.rename(columns={one: other, other: one})
