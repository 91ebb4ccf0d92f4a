"""How each control of each explorer is moved, once with the mouse and once with the keyboard."""

from driving import choose, control, drag, drawn, press

START = {
    "walk": "walk.galaxy, walk.least_fraction, walk.least_votes, walk.marked = '', 0.5, 1, []; walk.path = []",
    "joined": "joined.path = []; joined.question = joined.schema.questions[0].text",
    "page": "page.cuts, page.cut_on, page.sort_by = '', 'predicted', 'as they come'; page.descending = True; "
    "page.model, page.sample, page.shows, page.beside = 'sure', 0, 'prediction', ''; page.as_asked = True; "
    "page.having, page.marked, page.question, page.galaxy = ('', 0), [], 'has-spiral-arms', 'sim-00003'",
    "session": "session.path = []",
    "alike": "alike.marked, alike.unlike, alike.answer = [], [], ''; alike.first = 'most like it'; "
    "alike.touched('galaxy', 'sim-00003')",
}
FIRST_ANSWERS = "walk.path = ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no']"


def slider(label, key="ArrowRight", share=0.25):
    """A drag of the handle; a key."""
    return (lambda output: drag(output, label, share)), (lambda output: press(output, label, key))


def dropdown(label, entry=1, key="ArrowDown"):
    """An entry, as a click on it gives it (the list is drawn outside the page); another one by keys."""

    def point(output):
        control(output, label).locator("select").select_option(index=entry)

    return point, lambda output: choose(output, label, key)


def button(text):
    """A click; the Enter key."""

    def find(output):
        return output.get_by_role("button", name=text, exact=True)

    return (lambda output: find(output).click()), (lambda output: find(output).press("Enter"))


def checkbox(text):
    """A click; the space bar."""

    def find(output):
        return output.get_by_role("checkbox", name=text)

    return (lambda output: find(output).click()), (lambda output: find(output).press("Space"))


def field(label, words, beside="figcaption"):
    """Words typed, and left by a click elsewhere; or taken with the Enter key."""

    def type_and_leave(output):
        entry = control(output, label).locator("input")
        entry.click()
        entry.press_sequentially(words)
        output.locator(beside).first.click()

    def type_and_enter(output):
        entry = control(output, label).locator("input")
        entry.focus()
        entry.press("ControlOrMeta+a")
        entry.press_sequentially(words)
        entry.press("Enter")

    return type_and_leave, type_and_enter


def touch(name):
    """A click on what is drawn; the Enter key on it."""

    def by_keyboard(output):
        drawn(output, name).focus()
        output.page.keyboard.press("Enter")

    return (lambda output: drawn(output, name).click()), by_keyboard


def fifth_galaxy():
    """A click on the fifth picture of the gallery; the Enter key on it."""

    def find(output):
        return output.locator('.gzkit-alike [data-touch^="galaxy:"]').nth(4)

    return (lambda output: find(output).click()), (lambda output: find(output).press("Enter"))


def keys(*pressed):
    """Keys, twice: after a click beside everything, and with the instrument itself having the keyboard."""

    def after_click(output):
        root = output.locator(".gzkit").first
        root.evaluate("(it) => it.scrollIntoView({block: 'start'})")
        box = root.bounding_box()
        output.page.mouse.click(box["x"] + box["width"] - 3, box["y"] + 3)
        for key in pressed:
            output.page.keyboard.press(key)

    def focused(output):
        output.locator(".gzkit").first.focus()
        for key in pressed:
            output.page.keyboard.press(key)

    return after_click, focused


# explorer, its control's name in ``explorer.controls`` (or what else can be moved): moves, and state to begin from
MOVES = {
    ("walk", "back"): (button("Back"), FIRST_ANSWERS),
    ("walk", "start"): (button("Start again"), FIRST_ANSWERS),
    ("walk", "undo"): (button("Undo"), f"import time; time.sleep(0.5); {FIRST_ANSWERS}"),
    ("walk", "mark"): (button("Mark"), "walk.galaxy = 'sim-00003'"),
    ("walk", "least_fraction"): (slider("Share of votes at least"), FIRST_ANSWERS),
    ("walk", "least_votes"): (slider("Votes at least", "End", 0.9), FIRST_ANSWERS),
    ("page", "search"): (field("Find", "sim-00123"), "page.controls['search'].value = ''"),
    ("page", "before"): (button("Previous"), ""),
    ("page", "next"): (button("Next"), ""),
    ("page", "random"): (button("Random"), ""),
    ("page", "sort_by"): (dropdown("Sort by"), ""),
    ("page", "descending"): (checkbox("largest first"), "page.sort_by = 'bar_strong'"),
    ("page", "cuts"): (field("Keep only", "bar_no > 0.4"), ""),
    # one vote of one is observed, never predicted
    ("page", "cut_on"): (dropdown("by the share"), "page.cuts = 'bar_strong > 0.9'"),
    ("page", "all"): (button("Show all"), "page.cuts, page.shows = 'bar_strong > 0.5', 'galaxies'"),
    ("page", "total_votes"): (slider("Volunteers asked"), ""),
    ("page", "as_asked"): (
        checkbox("as many as really were"),
        "page.as_asked = False; page.total_votes = 90",
    ),
    ("page", "model"): (dropdown("Model"), ""),
    ("page", "sample"): (dropdown("Sample"), ""),
    ("page", "beside"): (dropdown("Beside it"), ""),
    ("page", "compare"): (button("Keep beside"), ""),
    ("page", "shows"): (dropdown("Show below"), ""),
    ("page", "mark"): (button("Mark"), "page.shows = 'galaxies'"),
    ("page", "undo"): (button("Undo"), "import time; time.sleep(0.5); page.next()"),
    ("alike", "search"): (field("Find", "sim-00123", "p"), "alike.controls['search'].value = ''"),
    ("alike", "before"): (button("Previous"), ""),
    ("alike", "next"): (button("Next"), ""),
    ("alike", "first"): (dropdown("First"), ""),
    ("alike", "answer"): (dropdown("Learn from votes for"), "alike.first = 'most likely'"),
    ("alike", "like"): (button("Like this"), ""),
    ("alike", "unlike"): (button("Not this"), ""),
    ("alike", "undo"): (button("Undo"), "alike.mark()"),
}

# what is drawn: what can be clicked, dragged or done by keys, in the same form
DRAWN = {
    ("walk", "answer"): (touch("answer:smooth-or-featured_smooth"), ""),
    ("walk", "answer far away"): (touch("answer:bar_weak"), ""),
    ("walk", "question"): (touch("question:spiral-winding"), ""),
    ("walk", "question answered"): (touch("question:smooth-or-featured"), FIRST_ANSWERS),
    ("walk", "galaxy"): (touch("galaxy:sim-00002"), ""),
    ("walk", "number"): (keys("2"), ""),
    ("walk", "Backspace"): (keys("Backspace"), FIRST_ANSWERS),
    ("walk", "next galaxy"): (keys("ArrowRight"), "walk.galaxy = 'sim-00002'"),
    ("walk", "galaxy before"): (keys("ArrowLeft"), "walk.galaxy = 'sim-00002'"),
    ("walk", "mark key"): (keys("m"), "walk.galaxy = 'sim-00002'"),
    ("walk", "undo keys"): (keys("Control+z"), f"import time; time.sleep(0.5); {FIRST_ANSWERS}"),
    ("joined", "question"): (touch("question:disk-edge-on-dr12"), ""),
    ("page", "question"): (touch("question:bar"), ""),
    ("page", "answer"): (touch("answer:bar_strong"), ""),
    ("page", "count"): (touch("count:7:has-spiral-arms_yes"), ""),
    ("page", "galaxy"): (touch("galaxy:sim-00007"), "page.shows = 'galaxies'"),
    ("page", "next galaxy"): (keys("ArrowRight"), ""),
    ("page", "galaxy before"): (keys("ArrowLeft"), ""),
    ("page", "mark key"): (keys("m"), "page.shows = 'galaxies'"),
    ("page", "undo keys"): (keys("Control+z"), "import time; time.sleep(0.5); page.next()"),
    ("alike", "galaxy"): (fifth_galaxy(), ""),
    ("alike", "next galaxy"): (keys("ArrowRight"), ""),
    ("alike", "galaxy before"): (keys("ArrowLeft"), ""),
    ("alike", "like key"): (keys("m"), ""),
    ("alike", "unlike key"): (keys("n"), ""),
    ("alike", "undo keys"): (keys("Control+z"), "alike.mark()"),
    ("session", "answer"): (touch("answer:smooth-or-featured_smooth"), ""),
    ("session", "number"): (keys("2"), ""),
    ("session", "Backspace"): (keys("Backspace"), "session.answer('smooth-or-featured_smooth')"),
    ("session", "back"): (touch("go:back"), "session.answer('smooth-or-featured_smooth')"),
}  # fmt: skip
