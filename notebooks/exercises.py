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
    "1.3": (1165, "An answer has as many ways as the question after it; an end has one.", 0),
    "2.1": (26, "Look for the first number whose *lower* limit passes 0.5.", 0),
    "2.2": (0.59, "Where nobody was asked, a galaxy is lost as well: divide by all of them."),
    "2.3": (0.06, "Compare np.nanmean with the mean after np.nan_to_num.", 0.1),
    "3.1": (269, "Where half say yes, N votes leave Beta(N/2 + 1/2, N/2 + 1/2) open.", 0),
    "3.2": (0.31, "Keep the galaxies that both have seen: told >= 0 in both rows.", 0.03),
    "3.3": (13, "Count up to 25, and look at what happens about the middle.", 0),
    "3.4": (0.93, "np.sort(votes, axis=1): the two largest stand last.", 0.008),
    "4.1": (38, "Solve (40 + A) / (1 + A) = 2.", 0),
    "4.2": (1 / 11, "There are eleven possible numbers, from 0 to 10. Is one likelier?"),
    "4.3": ({"yes: 3", "no: 4"}, "What if you paint the balls of two kinds in one colour?"),
    "5.1": (math.inf, "Try 10, 100 and 1000 times (1, 3). Does the loss ever rise again?"),
    "5.2": (0, "Votes enter as counts, and answers through sums. What can order do?", 1e-9),
    "5.3": ({"ValueError"}, "Try 2.9 and float('nan'). The last line begins with its name."),
    "6.1": (840, "Each of two epochs goes through every training galaxy once.", 0),
    "6.2": (0.012, "Take the mean absolute change over galaxies and answers.", 1),
    "7.1": (
        {"spiral-arm-count_cant-tell"},
        "Which column has the widest predictions.interval(0.9), on average over galaxies?",
    ),
    "7.2": (5, "One prediction a sample.", 0),
    "8.1": (0.76, "Divide the concentrations by 4, and look at coverage_50 with full=True."),
    "8.2": (0.82, "Shift the means, keep the total at 8, and look at coverage_90."),
    "9.1": (
        {"shape_cigar-shaped", "shape_in-between", "shape_round"},
        "Compare label_cols before and after, as sets.",
    ),
    "9.2": (167, "min_classifications= leaves the others out. Count the rows.", 0),
    "10.1": (0, "The file keeps four digits or more.", 1e-4),
    "10.2": ({"bar_strnog"}, "Misspell bar_strong as bar_strnog, and read the message's end."),
    "11.1": (1, "Of those left, how many pass the two cuts above in truth?", 0.08),
    "11.2": (0.1, "Sum the gain over the questions, and compare the thirty largest.", 0.9),
}


def check(number, answer):
    """Say whether an answer is right; where it is not, how far it is off, and a hint.

    Parameters
    ----------
    number : str
        Of the lesson and the exercise: ``"2.1"``.
    answer : float, str, set of str or None
        Yours; None while you have none.
    """
    right, hint, *tolerance = EXERCISES[number]
    if answer is None:
        said = "still open"
    elif isinstance(right, set):
        said = _names(right, {answer} if isinstance(answer, str) else set(answer), hint)
    else:
        said = _number(right, float(answer), hint, *tolerance)
    print(f"{number}: {said}")


def _names(right, given, hint):
    if given == right:
        return "right"
    found, extra = len(given & right), len(given - right)
    return f"not yet. {found} of {len(right)} found, {extra} that do not belong. {hint}"


def _number(right, given, hint, tolerance=0.03):
    if given == right or abs(given - right) <= tolerance * (abs(right) or 1) < math.inf:
        return "right"
    return f"not yet. It is too {'large' if given > right else 'small'}. {hint}"
