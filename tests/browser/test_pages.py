"""The pages of a tree and of a report, opened from their files without a network, and driven by mouse and keyboard."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import gzkit as gz
from gzkit.widgets.walk import questions_ahead, shortest_walk

pytestmark = pytest.mark.browser

FOLDER = Path(gz.__file__).parent
HOSTILE = '<img src=x onerror="window.hacked=1"></script><b>'
TOUCH = '.gzkit-map [data-touch="{}"]'
TIMED = """
window.times = [];
for (const name of ['pointerover', 'click', 'keydown', 'wheel', 'input'])
    window.addEventListener(name, () => { const start = performance.now(); requestAnimationFrame(() => setTimeout(
        () => window.times.push(performance.now() - start))); }, true);
"""


@pytest.fixture
def open_page(chromium):
    """Open a page from its file, offline; what goes wrong is kept in ``page.faults``."""
    contexts = []

    def open_file(path, *, width=1366, height=768, init=""):
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}, offline=True))
        page = contexts[-1].new_page()
        page.add_init_script(init)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on(
            "request", lambda it: it.url.startswith(("file", "data", "blob")) or page.faults.append(it.url)
        )
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('.gzkit-asked h3')")
        return page

    yield open_file
    for context in contexts:
        assert all(page.faults == [] for page in context.pages)
        context.close()


@pytest.fixture(scope="module")
def module(chromium):
    """Call functions of the pages' script: JavaScript over rows."""
    text = (FOLDER / "report/live.js").read_text(encoding="utf-8")
    page = chromium.new_page()
    page.goto("about:blank")
    page.evaluate(
        """(text) => import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })))
        .then((it) => (window.live = it, null))""",
        text,
    )
    yield lambda code, rows: page.evaluate(f"(rows) => rows.map({code})", rows)
    page.close()


def known(schema):
    """What a page knows of a schema."""
    from gzkit.report.tree import _questions

    return _questions(schema)


@pytest.fixture(scope="module")
def survey():
    """60 galaxies of the sample with votes, and predictions of two samples."""
    schema, catalog = gz.load_schema("gz-decals-dr5"), gz.sample_catalog()[:60].reset_index(drop=True)
    rng = np.random.default_rng(0)
    votes = catalog[schema.label_cols].to_numpy()
    concentration = (votes[..., None] + 1) * rng.uniform(0.3, 3, (60, len(schema.answers), 2))
    catalog.loc[7, "id_str"] = HOSTILE
    return gz.Predictions(concentration, catalog["id_str"], schema), catalog


@pytest.fixture(scope="module")
def report(survey, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    gz.write_report(path, *survey, title=HOSTILE)
    return path


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    path = tmp_path_factory.mktemp("tree") / "tree.html"
    gz.load_schema("gz-decals-dr5").to_html(path)
    return path


def test_chances_are_those_of_scipy_at_a_thousand_points(module):
    rng = np.random.default_rng(1)
    rows = [[int(rng.integers(1, 61)), *(10 ** rng.uniform(-1.3, 2.7, 2)).tolist()] for _ in range(1000)]
    ours = module("([n, a, b]) => live.chances(n, a, b)", rows)
    for found, (n, a, b) in zip(ours, rows, strict=True):
        np.testing.assert_allclose(
            found, stats.betabinom.pmf(np.arange(n + 1), n, a, b), rtol=1e-9, atol=1e-300
        )
    assert module("([n, a, b]) => live.chances(n, a, b)", [[2, 3.0, 0.0]]) == [[0, 0, 1]]  # an only answer


def test_what_is_predicted_is_what_python_says(module, survey):
    predictions, _ = survey
    schema, questions = predictions.schema, known(predictions.schema)
    code = """([told, numbers]) => {
        const questions = structuredClone(told), answers = live.link(questions);
        const it = live.prediction(questions, numbers);
        const bar = answers.filter((answer) => answer.question.name === 'bar');
        const by = (list, act) => list.map((one) => [one.index, act(one)]);
        return { share: by(answers, it.share), asked: by(questions, it.asked), spread: by(questions, it.uncertainty),
            bar: bar.map((answer) => live.interval(it.votes(answer, 23))) };
    }"""
    found = module(code, [[questions, row.ravel().tolist()] for row in predictions.concentration])
    lower, upper = predictions.vote_interval("bar", 23)
    for i, one in enumerate(found):
        shares, asked, spread = (
            np.array([x for _, x in sorted(one[name])]) for name in ("share", "asked", "spread")
        )
        np.testing.assert_allclose(shares, predictions.vote_fractions()[i], rtol=1e-12)
        np.testing.assert_allclose(asked, predictions.proportion_asked()[i], rtol=1e-12)
        drawn = np.random.default_rng(i).choice(2, 4000)
        parts = [
            np.random.default_rng(i).dirichlet(
                predictions.concentration[i, schema.questions[0].columns, s], 4000
            )
            for s in range(2)
        ]
        mixed = np.where((drawn == 0)[:, None], *parts)
        assert spread[0] == pytest.approx(np.sqrt(mixed.var(axis=0).sum()), rel=0.08)
        np.testing.assert_array_equal(one["bar"], np.stack([lower[i], upper[i]], axis=-1))


@pytest.mark.parametrize("name", ["gz-decals-dr5", "gz2-all-tasks", "gz-hubble", "gz-candels", "gz-decals"])
def test_walks_are_those_of_python(module, name):
    schema = gz.load_schema(name)
    code = """([told, walk]) => {
        const questions = structuredClone(told), byLabel = new Map(live.link(questions).map((it) => [it.label, it]));
        const path = walk.reduce((path, label) => live.walked(questions, path, byLabel.get(label)), []);
        return [path.map((it) => it.label), live.ahead(questions, path)?.name ?? ''];
    }"""
    walks = [[*shortest_walk(schema, answer.question), answer.label] for answer in schema.answers]
    jumps = [[answer.label] for answer in schema.answers]
    found = module(code, [[known(schema), walk] for walk in walks + jumps])
    for walk, (path, asked) in zip(walks * 2, found, strict=True):
        ahead = questions_ahead(schema, walk)
        assert len(path) == len(walk) and path[-1] == walk[-1]
        if path == walk:
            assert asked == (ahead[0].text if ahead else "")


def test_the_tree_is_walked_by_mouse_and_keyboard(open_page, tree):
    page = open_page(tree)
    asked, steps = page.locator(".gzkit-asked h3"), page.locator(".gzkit-asked li")
    page.locator(TOUCH.format("answer:smooth-or-featured_featured-or-disk")).click()
    assert asked.inner_text() == "Could this be a disk viewed edge-on?"
    page.locator(".gzkit-asked button").nth(1).click()
    assert steps.all_inner_texts() == ["smooth-or-featured: featured-or-disk", "disk-edge-on: no"]
    assert page.locator(TOUCH.format("question:edge-on-bulge")).get_attribute("class") == "gzkit-off"
    page.locator(".gzkit-asked button").nth(0).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Backspace")
    assert steps.count() == 2
    page.get_by_role("button", name="Start again").click()
    assert steps.count() == 0
    page.locator(TOUCH.format("question:smooth-or-featured")).focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.dataset.touch") == "answer:smooth-or-featured_smooth"
    page.keyboard.press(" ")
    assert steps.all_inner_texts() == ["smooth-or-featured: smooth"]


def test_questions_fold_and_unfold(open_page, tree):
    page = open_page(tree)
    bar = page.locator(TOUCH.format("question:bar"))
    wide = page.evaluate("document.querySelector('.gzkit-map svg').viewBox.baseVal.width")
    page.locator(TOUCH.format("question:disk-edge-on")).click()
    assert not bar.is_visible() and page.locator(TOUCH.format("question:merging")).is_visible()
    assert page.locator(TOUCH.format("question:disk-edge-on")).get_attribute("aria-expanded") == "false"
    page.get_by_role("button", name="Start again")
    page.locator(TOUCH.format("question:disk-edge-on")).click()
    assert bar.is_visible()
    page.get_by_role("button", name="Fold").click()
    assert page.evaluate("document.querySelector('.gzkit-map svg').viewBox.baseVal.width") < wide / 3
    assert page.locator(".gzkit-map [data-touch^=question]:visible").count() == 1
    page.get_by_role("button", name="Fold").click()
    assert page.evaluate("document.querySelector('.gzkit-map svg').viewBox.baseVal.width") == wide


def test_the_tree_is_zoomed_and_moved(open_page, tree):
    page = open_page(tree)
    size = lambda: page.locator(".gzkit-map svg").bounding_box()["width"]  # noqa: E731
    place = lambda: page.evaluate("document.querySelector('.gzkit-map').scrollLeft")  # noqa: E731
    before, box = size(), page.locator(".gzkit-map").bounding_box()
    page.locator(".gzkit-map [tabindex='0']").focus()
    page.keyboard.press("+")
    page.get_by_role("button", name="+", exact=True).click()
    assert size() == pytest.approx(before * 1.69, rel=0.01)
    middle = box["x"] + box["width"] / 2, box["y"] + 40
    page.mouse.move(*middle)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_timeout(100)
    assert size() > before * 1.8
    left = place()
    page.mouse.down()
    page.mouse.move(middle[0] - 80, middle[1] - 10, steps=4)
    page.mouse.up()
    assert place() == pytest.approx(left + 80, abs=2)
    assert page.locator(".gzkit-asked li").count() == 0  # a drag is no click
    page.keyboard.press("0")
    assert size() == pytest.approx(before, rel=0.01)


def test_what_the_pointer_is_on_is_told_and_its_way_lit(open_page, tree):
    page = open_page(tree)
    page.locator(TOUCH.format("answer:bar_strong")).hover()
    assert page.locator(".gzkit-told").inner_text() == "bar_strong (Strong Bar); then has-spiral-arms"
    lit = page.locator(".gzkit-map [data-touch].gzkit-lit").evaluate_all(
        "them => them.map(it => it.dataset.touch)"
    )
    assert set(lit) == {
        "question:smooth-or-featured",
        "answer:smooth-or-featured_featured-or-disk",
        "question:disk-edge-on",
        "answer:disk-edge-on_no",
        "question:bar",
        "answer:bar_strong",
    }


def test_the_drawing_is_saved(open_page, tree):
    page = open_page(tree)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save picture").click()
    assert saved.value.suggested_filename == "tree.svg"
    assert Path(saved.value.path()).read_text(encoding="utf-8").startswith("<svg")


def test_galaxies_are_sorted_found_and_leafed_through(open_page, report, survey):
    predictions, catalog = survey
    page = open_page(report)
    name, place = page.locator(".gzkit-card h3"), page.locator(".gzkit-place")
    odd = gz.surprise(predictions, catalog).sort_values("surprise", ascending=False)["id_str"].tolist()
    assert name.inner_text() == odd[0] and place.inner_text() == "1 of 60"
    page.get_by_role("button", name="Next").click()
    page.keyboard.press("ArrowRight")
    assert name.inner_text() == odd[2] and place.inner_text() == "3 of 60"
    page.locator(".gzkit-gallery button").nth(5).click()
    assert name.inner_text() == odd[5]
    strong = predictions.vote_fractions()[:, predictions.schema.get_answer("bar_strong").index]
    page.get_by_label("Sort by").select_option("Predicted share: bar_strong")
    assert name.inner_text() == catalog["id_str"][strong.argmax()]
    page.get_by_label("largest first").uncheck()
    assert name.inner_text() == catalog["id_str"][strong.argmin()]
    page.get_by_label("Find").fill(catalog["id_str"][20])
    assert name.inner_text() == catalog["id_str"][20]
    page.get_by_label("Find").fill("no galaxy has this")
    assert place.inner_text() == "no such galaxy" and not name.is_visible()


def test_the_open_galaxys_votes_are_written_and_flow(open_page, report, survey):
    predictions, catalog = survey
    page = open_page(report)
    page.get_by_label("Find").fill(HOSTILE)
    votes = catalog.set_index("id_str").loc[HOSTILE]
    row = page.locator(".panels table").nth(0).locator("tr").nth(0)
    total = sum(votes[label] for label in predictions.schema.questions[0].labels)
    chance = predictions[[HOSTILE]].predicted_votes("smooth-or-featured", int(total))[0, 0]
    (low, *_), (high, *_) = (
        ends[0] for ends in predictions[[HOSTILE]].vote_interval("smooth-or-featured", int(total))
    )
    assert row.locator(".count").inner_text() == str(votes["smooth-or-featured_smooth"])
    assert row.locator(".guess").inner_text() == f"{chance @ np.arange(total + 1):.1f} ({low}–{high})"
    told = page.locator(TOUCH.format("question:smooth-or-featured")).locator("title").text_content()
    assert told.endswith(f": {total} votes")
    widths = "them => them.map(it => Number(it.getAttribute('stroke-width')))"
    one = page.locator(".gzkit-map [data-from]").evaluate_all(widths)
    page.get_by_label("mean of all").check()
    assert page.locator(".gzkit-map [data-from]").evaluate_all(widths) != one
    assert page.evaluate("window.hacked") is None and page.locator("img[src=x]").count() == 0
    assert page.title() == HOSTILE


def test_an_answer_in_the_tree_sorts_the_galaxies_by_it(open_page, report):
    page = open_page(report)
    page.locator(TOUCH.format("answer:disk-edge-on_yes")).click()
    chosen = "it => it.selectedOptions[0].label"
    assert page.get_by_label("Sort by").evaluate(chosen) == "Predicted share: disk-edge-on_yes"


@pytest.mark.parametrize("which", ["tree", "report"])
@pytest.mark.parametrize("width, height", [(1366, 768), (390, 844)])
def test_pages_fit_a_laptop_and_a_telephone(open_page, request, which, width, height):
    page = open_page(request.getfixturevalue(which), width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    heights = "them => them.map(it => it.getBoundingClientRect().height)"
    assert min(page.locator("button:visible").evaluate_all(heights)) >= 24


def test_what_is_done_is_drawn_in_less_than_16_ms(open_page, report):
    page = open_page(report, init=TIMED)
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    page.locator(TOUCH.format("question:bar")).scroll_into_view_if_needed()
    for name in ("bar_strong", "bar_no", "disk-edge-on_no") * 5:
        page.locator(TOUCH.format(f"answer:{name}")).hover()
    page.wait_for_timeout(200)
    times = np.array(page.evaluate("window.times"))
    print(f"{len(times)} acts: median {np.median(times):.1f} ms, 95 % {np.percentile(times, 95):.1f} ms")
    assert len(times) >= 45
    assert np.median(times) < 16


def test_a_report_of_three_hundred_thousand_galaxies_is_a_few_megabytes(tmp_path, open_page):
    schema = gz.load_schema("gz-rings")
    rng = np.random.default_rng(0)
    yes = rng.binomial(40, 0.3, 300_000)
    ids = [f"J{i}" for i in range(300_000)]
    catalog = pd.DataFrame({"id_str": ids, "ring_yes": yes, "ring_no": 40 - yes})
    concentration = np.stack([rng.uniform(1, 9, 300_000), rng.uniform(5, 20, 300_000)], axis=-1)
    gz.write_report(tmp_path / "r.html", gz.Predictions(concentration, ids, schema), catalog)
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    print(f"{len(text) / 1e6:.1f} MB")
    assert len(text) < 6_000_000
    page = open_page(tmp_path / "r.html")
    assert page.locator(".gzkit-place").inner_text() == "1 of 50000"
    assert "The page holds 50,000 of 300,000 galaxies" in page.locator("#galaxies").inner_text()
