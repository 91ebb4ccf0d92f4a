"""What is done ahead of its turn by threads, and comes in order; without torch, as tables are written so too."""

import collections
import concurrent.futures


def ahead(load, places, depth=2):
    """Load in threads of their own while the last ones are worked on.

    Parameters
    ----------
    load : callable
    places : iterable
        What it is called with.
    depth : int
        How many are loaded ahead, at the same time.

    Yields
    ------
    object
        What it returns, in order.
    """
    with concurrent.futures.ThreadPoolExecutor(depth) as threads:
        yield from in_order(threads, load, places, depth)


def in_order(threads, work, places, depth):
    """What a pool of threads does, in order and not more of it than was asked for.

    Parameters
    ----------
    threads : concurrent.futures.Executor
    work : callable
    places : iterable
        What it is called with.
    depth : int
        How many are done ahead.

    Yields
    ------
    object
        What it returns.
    """
    waiting = collections.deque()
    for place in places:
        waiting.append(threads.submit(work, place))
        if len(waiting) > depth:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
