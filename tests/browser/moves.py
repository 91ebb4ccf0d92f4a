"""How each control of each explorer is moved, once with the mouse and once with the keyboard."""

from driving import choose, control, drag, press

START = {
    "loss": "loss.set_state(['smooth', 'featured', 'artifact'], [12, 5, 3], [4.0, 3.0, 2.0])",
    "walk": "walk.galaxy, walk.least_fraction, walk.least_votes = '', 0.5, 1; walk.path = []",
    "joined": "joined.path = []; joined.question = joined.schema.questions[0].text",
    "page": "page.cuts, page.cut_on, page.sort_by = '', 'predicted', 'as they come'; page.descending = True; "
    "page.model, page.sample, page.tree_shows = 'sure', 0, 'prediction'; page.as_asked = True; "
    "page.question, page.galaxy = 'has-spiral-arms', 'sim-00003'",
}
FIRST_ANSWERS = "walk.path = ['smooth-or-featured_featured-or-disk', 'disk-edge-on_no']"


def slider(label, key="ArrowRight"):
    """A drag of the handle; a key."""
    return (lambda output: drag(output, label, 0.25)), (lambda output: press(output, label, key))


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


def field(label, words):
    """Words typed, and left by a click elsewhere; or taken with the Enter key."""

    def type_and_leave(output):
        entry = control(output, label).locator("input")
        entry.click()
        entry.press_sequentially(words)
        output.locator(".widget-html p").first.click()

    def type_and_enter(output):
        entry = control(output, label).locator("input")
        entry.focus()
        entry.press("ControlOrMeta+a")
        entry.press_sequentially(words)
        entry.press("Enter")

    return type_and_leave, type_and_enter


def nth_button(selector, number):
    """A click on one of several buttons; the Enter key on it."""

    def find(output):
        return output.locator(selector).locator("visible=true").nth(number)

    return (lambda output: find(output).click()), (lambda output: find(output).press("Enter"))


THUMBNAIL = nth_button("button[title^='Open galaxy']", 4)

# explorer, its control's name in ``explorer.controls`` (or what else can be moved): moves, and state to begin from
MOVES = {
    ("loss", "answer_count"): (button("2"), ""),
    ("loss", "example"): (dropdown("Example", 2), "loss.controls['example'].value = 'Sure and right'"),
    ("loss", "total"): (slider("Total concentration"), ""),
    ("loss", "concentration_0"): (slider("Concentration: smooth"), ""),
    ("loss", "concentration_1"): (slider("Concentration: featured"), ""),
    ("loss", "concentration_2"): (slider("Concentration: artifact"), ""),
    ("loss", "votes_0"): (slider("Votes: smooth"), ""),
    ("loss", "votes_1"): (slider("Votes: featured"), ""),
    ("loss", "votes_2"): (slider("Votes: artifact"), ""),
    ("loss", "step"): (button("Training step"), ""),
    ("loss", "draw"): (button("Draw votes"), ""),
    ("walk", "back"): (button("Back"), FIRST_ANSWERS),
    ("walk", "start"): (button("Start again"), FIRST_ANSWERS),
    ("joined", "question"): (dropdown("Asked now"), ""),
    ("walk", "go_to"): (dropdown("Walk to", 4, "End"), ""),
    ("walk", "least_fraction"): (slider("Least fraction"), FIRST_ANSWERS),
    ("walk", "least_votes"): (slider("Least votes", "End"), FIRST_ANSWERS),
    ("walk", "answer buttons"): (nth_button("button[title^='Answer']", 1), ""),
    ("walk", "thumbnails"): (THUMBNAIL, ""),
    ("page", "search"): (field("Search id", "sim-00123"), "page.controls['search'].value = ''"),
    ("page", "before"): (button("Previous"), ""),
    ("page", "next"): (button("Next"), ""),
    ("page", "random"): (button("Random"), ""),
    ("page", "number"): (slider("Number"), ""),
    ("page", "sort_by"): (dropdown("Sort by"), ""),
    ("page", "descending"): (checkbox("largest first"), "page.sort_by = 'bar_strong'"),
    ("page", "cuts"): (field("Cuts", "bar_strong > 0.4"), ""),
    # one vote of one is observed, never predicted
    ("page", "cut_on"): (dropdown("Cut on"), "page.cuts = 'bar_strong > 0.9'"),
    ("page", "question"): (dropdown("Question", 3), ""),
    ("page", "total_votes"): (slider("If asked"), ""),
    ("page", "as_asked"): (checkbox("as many as were asked"), "page.as_asked = False; page.total_votes = 90"),
    ("page", "model"): (dropdown("Model"), ""),
    ("page", "sample"): (dropdown("Sample"), ""),
    ("page", "tree_shows"): (dropdown("Tree shows"), ""),
    ("page", "thumbnails"): (THUMBNAIL, ""),
}
