"""Moving ipywidgets in JupyterLab the way a person does, and looking whether the pictures change."""

import time

RUN_ALL = "notebook:run-all-cells"
# every picture of one output: images, drawings, and the style that puts galaxies on buttons
PICTURES = """
(output) => [...output.querySelectorAll('img, svg[role=img], style')]
    .filter((e) => e.offsetParent !== null || e.tagName !== 'IMG')
    .map((e) => e.tagName === 'IMG' ? e.src : e.outerHTML).join('|')
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


def open_notebook(page, address, token, name):
    """Open a notebook in JupyterLab, with the side bar closed, and wait for its kernel."""
    page.goto(f"{address}/lab/tree/{name}?reset&token={token}")
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
    return output.locator(f".jupyter-widgets:has(> .widget-label:text-is({label!r}))").first


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
    """Choose from a list with the keyboard: open it, go to the next entry, take it.

    JupyterLab itself takes the arrow keys of a list that is closed.
    """
    control(output, label).locator("select").focus()
    for one in ("Enter", key, "Enter"):
        output.page.keyboard.press(one)
        output.page.wait_for_timeout(50)
