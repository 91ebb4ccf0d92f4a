"""Tiers of a decision tree, and the order of questions within each that makes the fewest edges cross.

Every edge runs from one tier to the next: where it has further to go, it passes the tiers between in a *lane*. All
edges to the same far question share one lane, as cables share a duct, unless separate lanes save a crossing.

References
----------
Sugiyama, Tagawa & Toda 1981, IEEE Transactions on Systems, Man and Cybernetics 11, 109: layered drawing
"""

from dataclasses import dataclass, replace
from itertools import combinations, pairwise, permutations, product

import numpy as np

_ALL_ORDERS = 6  # tiers up to this size are searched exhaustively
_CROSSING = 1e6  # cost of one crossing, in units of edge length


@dataclass(frozen=True)
class Lane:
    """A place in a tier for edges that pass it on their way to a question further down."""

    target: str
    group: int
    tier: int


@dataclass(frozen=True)
class Link:
    """Edges that run together from one tier to the next.

    Attributes
    ----------
    source, target : str or Lane
        A question's name, or a lane.
    answers : tuple of int
        Places, within a source question, of the answers whose edges these are; ``()`` from a lane.
    port : float
        Where the link leaves its source: 0 at its first answer, 1 at its last, 0.5 from a lane.
    """

    source: object
    target: object
    answers: tuple
    port: float = 0.5


@dataclass(frozen=True)
class Order:
    """What `order_tiers` found.

    Attributes
    ----------
    tiers : tuple of tuple
        Questions and lanes of each tier, in their order.
    links : tuple of Link
    crossings : int
        Pairs of edges that cross in the drawing.
    exact : bool
        Whether no order of these tiers has fewer: all were searched.
    """

    tiers: tuple
    links: tuple
    crossings: int
    exact: bool


def question_tiers(questions, folds=()):
    """Tier of each question: the most questions that can come before it.

    Parameters
    ----------
    questions : sequence of Question
        Parents before their children, as in ``schema.walk_order``.
    folds : sequence of int
        Tiers that begin another row of the drawing: before each lies a tier of its own for edges that are led there.

    Returns
    -------
    dict of str to int
    """
    tiers = {}
    for question in questions:
        tiers[question.text] = max((tiers[a.question.text] + 1 for a in question.asked_after), default=0)
    return {name: tier + sum(tier >= fold for fold in folds) for name, tier in tiers.items()}


def order_tiers(questions, breadths, lane_breadth, folds=()):
    """The order of questions and lanes in each tier with the fewest crossings, then the shortest edges.

    Tiers of up to six places are searched over all their orders at once (dynamic programming from tier to tier), so
    the result is the best there is; larger ones by moving one place at a time until nothing improves.

    Parameters
    ----------
    questions : sequence of Question
        Parents before their children.
    breadths : dict of str to float
        Room that each question takes across its tier.
    lane_breadth : float
        Room that a lane takes.
    folds : sequence of int
        As in `question_tiers`.

    Returns
    -------
    Order
    """
    tier_of = question_tiers(questions, folds)
    best, best_cost = None, np.inf
    for groups in _lane_groups(questions, tier_of):
        places, links = _build_links(questions, tier_of, groups)
        sizes = {place: breadths.get(place, lane_breadth) for tier in places for place in tier}
        order, cost = _search(places, links, sizes)
        if cost < best_cost:
            best, best_cost = order, cost
        if best.crossings == 0:
            break
    return best


def fold_rows(order):
    """The tiers and links of each row of a folded tree: a tier of lanes alone ends one row and begins the next.

    Parameters
    ----------
    order : Order

    Yields
    ------
    Order
    """
    last = len(order.tiers) - 1
    turns = [i for i, tier in enumerate(order.tiers) if all(isinstance(place, Lane) for place in tier)]
    for first, end in pairwise([0, *turns, last] if last else [0, 0]):
        sources = {place for tier in order.tiers[first:end] for place in tier}
        links = tuple(link for link in order.links if link.source in sources)
        yield replace(order, tiers=order.tiers[first : end + 1], links=links)


def _far_sources(question, tier_of):
    """Questions whose edges to this one pass a tier between."""
    sources = []
    for answer in question.asked_after:
        name = answer.question.text
        if tier_of[name] < tier_of[question.text] - 1 and name not in sources:
            sources.append(name)
    return sources


def _lane_groups(questions, tier_of):
    """Ways to share lanes: one for all, then (at most 16) ways of two for one of the questions."""
    yield {}
    for question in questions:
        sources = _far_sources(question, tier_of)
        for sides in list(product((0, 1), repeat=max(len(sources) - 1, 0)))[1:16]:
            yield {(source, question.text): side for source, side in zip(sources[1:], sides, strict=True)}


def _build_links(questions, tier_of, groups):
    places = [[] for _ in range(max(tier_of.values()) + 1)]
    for question in questions:
        places[tier_of[question.text]].append(question.text)
    links, answer_count = {}, {}
    for question in questions:
        answer_count[question.text] = len(question.answers)
        for answer in question.asked_after:
            source, tier = answer.question.text, tier_of[answer.question.text]
            group = groups.get((source, question.text), 0)
            stops = [Lane(question.text, group, t) for t in range(tier + 1, tier_of[question.text])]
            chain = [source, *stops, question.text]
            links.setdefault((source, chain[1]), set()).add(answer.question.answers.index(answer))
            for here, there in pairwise(chain[1:]):
                links.setdefault((here, there), set())
            for lane in stops:
                if lane not in places[lane.tier]:
                    places[lane.tier].append(lane)
    return places, tuple(
        Link(source, target, tuple(sorted(answers)), _port(answers, answer_count.get(source, 1)))
        for (source, target), answers in links.items()
    )


def _port(answers, count):
    return (sum(answers) / len(answers) + 0.5) / count if answers else 0.5


def _search(places, links, sizes):
    exact = all(len(tier) <= _ALL_ORDERS for tier in places)
    current = [list(tier) for tier in places]
    cost = np.inf
    while True:
        candidates = [_candidate_orders(len(tier)) for tier in current]
        chosen, new_cost = _best_path(current, candidates, links, sizes)
        if new_cost >= cost - 1e-9:
            break
        current = [[tier[i] for i in order] for tier, order in zip(current, chosen, strict=True)]
        cost = new_cost
        if exact:
            break
    crossings = round(cost // _CROSSING) + _crossings_at_tabs(links)
    return Order(tuple(map(tuple, current)), links, crossings, exact), cost


def _candidate_orders(count):
    """Orders to consider of so many places: all, or those that move one place, shape (order, place)."""
    if count <= _ALL_ORDERS:
        return np.array(list(permutations(range(count))))
    orders = {tuple(range(count))}
    for start in range(count):
        rest = [i for i in range(count) if i != start]
        orders |= {(*rest[:to], start, *rest[to:]) for to in range(count)}
    return np.array(sorted(orders))


def _best_path(tiers, candidates, links, sizes):
    """Dynamic programming: the cheapest choice of one order a tier, counting crossings and lengths between tiers."""
    tier_of = {place: t for t, tier in enumerate(tiers) for place in tier}
    total, back = np.zeros(len(candidates[0])), []
    for t in range(len(tiers) - 1):
        here = [link for link in links if tier_of[link.source] == t]
        step = _step_cost(here, tiers[t], candidates[t], tiers[t + 1], candidates[t + 1], sizes)
        through = total[:, None] + step  # (order here, order next)
        back.append(through.argmin(axis=0))
        total = through.min(axis=0)
    choice = [int(total.argmin())]
    for previous in reversed(back):
        choice.insert(0, int(previous[choice[0]]))
    return [orders[i] for orders, i in zip(candidates, choice, strict=True)], float(total.min())


def _step_cost(links, upper, upper_orders, lower, lower_orders, sizes):
    rank_above, x_above = _ranks_and_centres(upper, upper_orders, sizes)
    rank_below, x_below = _ranks_and_centres(lower, lower_orders, sizes)
    up = [upper.index(link.source) for link in links]
    down = [lower.index(link.target) for link in links]
    first, second = [], []
    for i, j in combinations(range(len(links)), 2):
        if down[i] == down[j]:
            continue
        if up[i] != up[j]:
            first.append(rank_above[:, up[i]] < rank_above[:, up[j]])
        elif links[i].port != links[j].port:
            first.append(np.full(len(upper_orders), links[i].port < links[j].port))
        else:
            continue
        second.append(rank_below[:, down[i]] < rank_below[:, down[j]])
    cost = np.zeros((len(upper_orders), len(lower_orders)))
    if first:
        a, b = np.array(first, dtype=float), np.array(second, dtype=float)  # (pair, order)
        cost += _CROSSING * np.round(a.sum(axis=0)[:, None] + b.sum(axis=0) - 2 * a.T @ b)
    for link, i, j in zip(links, up, down, strict=True):
        offset = sizes[link.source] * (link.port - 0.5)
        cost += np.abs(x_above[:, i, None] + offset - x_below[None, :, j])
    return cost


def _ranks_and_centres(places, orders, sizes):
    """Rank and centre of each place under each order: two arrays of shape (order, place)."""
    breadth = np.array([sizes[place] for place in places])
    in_order = breadth[orders]
    centre = np.cumsum(in_order, axis=1) - in_order / 2 - breadth.sum() / 2
    ranks = orders.argsort(axis=1)
    return ranks, np.take_along_axis(centre, ranks, axis=1)


def _crossings_at_tabs(links):
    """Edges of one question that must cross because its answers to two next questions alternate."""
    count = 0
    for i, one in enumerate(links):
        for other in links[:i]:
            if one.answers and one.source == other.source:
                swapped = sum(a > b for a in one.answers for b in other.answers)
                pairs = sum(a != b for a in one.answers for b in other.answers)
                if one.port < other.port:
                    count += swapped
                elif one.port > other.port:
                    count += pairs - swapped
                else:
                    count += min(swapped, pairs - swapped)
    return count
