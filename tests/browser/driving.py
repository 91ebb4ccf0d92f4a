"""Moving ipywidgets in JupyterLab the way a person does, and looking whether the pictures change."""

import time

RUN_ALL = "notebook:run-all-cells"
# every picture of one output: images, drawings, the question of a volunteer, and the star of a marked galaxy; but not
# the note on what has had the keyboard
PICTURES = """
(output) => [...output.querySelectorAll('img, svg, .gzkit-question, .gzkit-marked')]
    .filter((e) => e.offsetParent !== null || e.tagName !== 'IMG')
    .map((e) => e.tagName === 'IMG' ? e.src : e.outerHTML).join('|')
    .replaceAll(' data-lm-suppress-shortcuts="true"', '')
"""

EXECUTE = """
async (code) => {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    const future = kernel.requestExecute({code, store_history: false});
    let printed = '', error = '';
    future.onIOPub = (message) => {
        if (message.header.msg_type === 'stream') printed += message.content.text;
        if (message.header.msg_type === 'error') error += message.content.traceback.join('\\n');
    };
    await future.done;
    return [printed, error];
}
"""
# what of an output cannot be seen whole: beyond its edge, or cut
FAULTS_OF_LAYOUT = """
(output) => {
    const edge = output.getBoundingClientRect(), faults = [];
    if (output.scrollWidth > output.clientWidth + 1) faults.push('scrolls sideways');
    const seen = (selector) => [...output.querySelectorAll(selector)].filter((e) => e.offsetParent || e.ownerSVGElement)
        .filter((e) => e.getBoundingClientRect().width > 0);
    for (const e of seen('.jupyter-widgets, .widget-inline-hbox, svg, img')) {
        const box = e.getBoundingClientRect();
        if (box.right > edge.right + 1 || box.left < edge.left - 1)
            faults.push('beyond the edge: ' + (e.textContent || e.alt).slice(0, 60));
    }
    for (const e of seen('.widget-label, .jupyter-button, .widget-html p:not(.gzkit-spoken), .widget-readout'))
        if (e.scrollWidth > e.clientWidth + 1) faults.push('text cut: ' + e.textContent);
    for (const e of seen('svg text')) {
        const box = e.getBoundingClientRect(), page = e.ownerSVGElement.getBoundingClientRect();
        if (box.right > page.right + 1 || box.left < page.left - 1 || box.bottom > page.bottom + 1
            || box.top < page.top - 1) faults.push('text cut: ' + e.textContent);
    }
    return faults;
}
"""


def notebook(cells):
    """A notebook file's content."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel},
        "cells": [
            {
                "cell_type": "code",
                "id": f"cell-{i}",
                "source": source,
                "metadata": {},
                "outputs": [],
                "execution_count": None,
            }
            for i, source in enumerate(cells)
        ],
    }


def open_notebook(page, address, token, name, *, place="lab/tree"):
    """Open a notebook in JupyterLab, or Notebook 7, with the side bar closed, and wait for its kernel."""
    page.goto(f"{address}/{place}/{name}?reset&token={token}")
    page.wait_for_function(
        "window.jupyterapp?.shell?.currentWidget?.sessionContext?.isReady", timeout=120_000
    )
    page.evaluate("window.jupyterapp.shell.collapseLeft()")
    wait_until_idle(page)


def run_all(page):
    """Run every cell, and fail where one raised."""
    page.evaluate(f"window.jupyterapp.commands.execute('{RUN_ALL}')")
    wait_until_idle(page)
    errors = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']")
    assert errors.count() == 0, errors.first.inner_text()


def in_kernel(page, code):
    """Run code in the notebook's kernel, wait until its end, and return what it printed."""
    printed, error = page.evaluate(EXECUTE, code)
    assert not error, error
    wait_until_idle(page)
    return printed


def wait_until_idle(page):
    """Wait until the kernel has nothing to do and all messages have come."""
    status = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"
    page.wait_for_function(f"{status} === 'idle'", timeout=120_000)
    page.wait_for_timeout(80)
    page.wait_for_function(f"{status} === 'idle'", timeout=120_000)


def pictures(output):
    """What the pictures of an output show, as one text."""
    return output.evaluate(PICTURES)


def changes(output, act, seconds=15.0):
    """Whether an action changes a picture of the output in time."""
    wait_until_idle(output.page)
    before = pictures(output)
    act()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if pictures(output) != before:
            return True
        output.page.wait_for_timeout(30)
    return False


def control(output, label):
    """The control with this label: the box that holds it."""
    return output.locator(f".widget-inline-hbox:has(> .widget-label:text-is({label!r}))").first


def drag(output, label, share):
    """Drag a slider's handle by a share of its length."""
    handle = control(output, label).locator(".noUi-handle")
    handle.scroll_into_view_if_needed()
    box, track = handle.bounding_box(), control(output, label).locator(".noUi-target").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    mouse = output.page.mouse
    mouse.move(x, y)
    mouse.down()
    for step in range(1, 6):
        mouse.move(x + share * track["width"] * step / 5, y)
    mouse.up()


def press(output, label, key):
    """Put the keyboard's focus on a slider, and press a key."""
    control(output, label).locator(".noUi-handle").press(key)


def choose(output, label, key="ArrowDown"):
    """Choose from a list with the keyboard: open it, go to another entry, take it.

    JupyterLab itself takes the arrow keys of a list that is closed, and the page does not tell when one is open.
    """
    control(output, label).locator("select").focus()
    for one in ("Enter", key, "Enter"):
        output.page.keyboard.press(one)
        output.page.wait_for_timeout(250)


def drawn(output, name):
    """What can be touched under this name, where it is seen."""
    return output.locator(f'[data-touch="{name}"]').locator("visible=true").first
