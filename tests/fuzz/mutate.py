"""Changes of what a door takes, one after the other for some minutes; what escapes as no message is printed.

Run by hand: ``python tests/fuzz/zooniverse.py count_votes --minutes 10 --seed 0``. Faults of the input must end as one
of the errors that the door documents; anything else is a fault of gzkit, printed with the input's seed.
"""

import argparse
import copy
import json
import random
import time
import traceback
import warnings
from collections import Counter

ODD = [
    None,
    True,
    False,
    0,
    -1,
    3.5,
    1e400,
    10**30,
    "",
    " ",
    "\0",
    "\ud800",
    "é",
    "T0",
    "T9",
    "$x_{$",
    "nan",
    "1e20",
]
ODD += [
    "a" * 3000,
    [],
    {},
    [[]],
    [None],
    {"a": 1},
    [{"task": "T0", "value": 0}],
    {"task": "T0"},
    "2018-02-27",
    "𝕏" * 9,
]


def places(value, path=()):
    """Every place inside a value made of dictionaries and lists."""
    yield path
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inside:
        yield from places(item, (*path, key))


def changed(value, rng):
    """A copy with one place replaced, left out, doubled, or exchanged with another."""
    value = copy.deepcopy(value)
    found = list(places(value))
    *path, last = rng.choice(found) or (None,)
    if last is None:
        return rng.choice(ODD)
    holder = value
    for key in path:
        holder = holder[key]
    action = rng.randrange(5)
    if action == 0:
        del holder[last]
    elif action == 1:
        other = value
        for key in rng.choice(found):
            other = other[key]
        holder[last] = copy.deepcopy(other)
    elif action == 2 and isinstance(holder, dict):
        holder[str(rng.choice(ODD))[:40]] = holder.pop(last)
    else:
        holder[last] = rng.choice(ODD)
    return value


def bent(data, rng):
    """Bytes with some of them replaced, left out or repeated."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(data) + 1)
        end = min(len(data), start + int(rng.expovariate(0.05)))
        data[start:end] = rng.choice(
            [b"", rng.randbytes(3), bytes(data[start:end]) * 2, b'"', b",", b"\0", b"\n", b"[" * 3000]
        )
    return bytes(data)


def as_json(value):
    """JSON of a value, with what Python alone can write."""
    return json.dumps(value).encode()


def fuzz(doors):
    """Run one of the doors, named on the command line, on changed inputs.

    Parameters
    ----------
    doors : dict of str to callable
        Takes a random generator, makes an input, and calls gzkit; by name.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("door", choices=doors)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    end, seed, results = time.monotonic() + 60 * options.minutes, options.seed, Counter()
    while time.monotonic() < end:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                doors[options.door](random.Random(seed))
                results["taken"] += 1
            except (ValueError, OSError, ImportError) as error:
                results[f"refused ({type(error).__name__})"] += 1
            except Exception as error:  # what this looks for
                at = traceback.extract_tb(error.__traceback__)[-1]
                name = f"{type(error).__name__} {error!s:.100} at {at.filename.rpartition('gzkit/')[2]}:{at.lineno}"
                results["escaped"] += 1
                key = f"escaped: {type(error).__name__} at {at.filename.rpartition('gzkit/')[2]}:{at.lineno}"
                if key not in results:
                    print(f"seed {seed}: {name}", flush=True)
                results[key] += 1
        seed += 1
    print(f"{options.door}: {seed - options.seed} inputs; {dict(results)}")
