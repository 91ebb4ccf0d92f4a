// What is drawn answers to the hand: clicks and keys of an instrument go to Python, which decides what they mean.
// Zoom and brightness of pictures stay here, as they change nothing but the view.
//
// data-touch="answer:bar_no"   sends {touch} when it is clicked, or used with Enter or the space bar
// data-view="zoom"             an <input> that sets a view of the pictures in class gzkit-picture

const TYPED = "input, select, textarea, [role=slider], [contenteditable=true]";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PLAIN_VIEW = { zoom: 1, brightness: 1, x: 0, y: 0 };

function render({ model, el }) {
  const over = new AbortController();
  const attach = () => {
    const root = el.closest(".gzkit");
    if (over.signal.aborted) return;
    if (!root) return requestAnimationFrame(attach); // not yet on the page
    const listen = (target, type, act, more = {}) =>
      target.addEventListener(type, act, { signal: over.signal, ...more });
    followTheme(model, root, over.signal);
    followClicks(model, root, listen);
    followKeys(model, root, listen);
    followViews(root, listen);
    keepFocus(root, listen, over.signal);
  };
  attach();
  const save = (message, buffers) => message.save && download(message, buffers[0]);
  model.on("msg:custom", save);
  return () => {
    over.abort();
    model.off("msg:custom", save);
  };
}

/** Tell Python whether the page is dark, now and whenever that changes. */
function followTheme(model, root, signal) {
  const tell = () => {
    let behind = root;
    const color = () => getComputedStyle(behind).backgroundColor.match(/[\d.]+/g).map(Number);
    while (behind.parentElement && color()[3] === 0) behind = behind.parentElement;
    const [red, green, blue, opacity = 1] = color();
    const dark = opacity > 0 && 0.3 * red + 0.59 * green + 0.11 * blue < 128;
    root.classList.toggle("gzkit-dark", dark);
    if (dark === model.get("dark")) return;
    model.set("dark", dark);
    model.save_changes();
  };
  const watch = new MutationObserver(() => setTimeout(tell, 300)); // a theme's style sheet comes a little later
  watch.observe(document.body, { attributes: true });
  signal.addEventListener("abort", () => watch.disconnect());
  tell();
}

function followClicks(model, root, listen) {
  listen(root, "click", (event) => {
    const touched = event.target.closest("[data-touch]");
    if (touched) model.send({ touch: touched.dataset.touch });
  });
}

function followKeys(model, root, listen) {
  // else the notebook takes arrows, digits and Enter for itself: it looks at what has the keyboard first
  listen(root, "focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = "true"));
  root.tabIndex = -1; // a click anywhere in it brings the keys here
  listen(root, "keydown", (event) => {
    const { key, target } = event;
    if (target.matches(TYPED)) return;
    const held = event.ctrlKey || event.metaKey;
    if (event.altKey || (held && key !== "z")) return;
    const drawn = target.closest("svg [data-touch]");
    if (drawn && (key === "Enter" || key === " ")) {
      drawn.dispatchEvent(new MouseEvent("click", { bubbles: true }));
    } else if (drawn && key in ARROWS) {
      nearest(drawn, ARROWS[key])?.focus();
    } else if (["+", "-", "0"].includes(key) && root.querySelector(".gzkit-picture")) {
      changeView(root, key === "0" ? PLAIN_VIEW : { zoom: viewOf(root).zoom * (key === "+" ? 1.25 : 0.8) });
    } else if (key === "Enter" && target.matches("button")) {
      return; // a button's own
    } else if (held || model.get("heard").includes(key)) {
      model.send({ key: held ? "Undo" : key });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

/** The drawn thing next to another in a direction. */
function nearest(from, [right, down]) {
  const middle = (it) => {
    const box = it.getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };
  const [x, y] = middle(from);
  const far = (it) => {
    const along = (middle(it)[0] - x) * right + (middle(it)[1] - y) * down;
    const across = Math.abs((middle(it)[0] - x) * down) + Math.abs((middle(it)[1] - y) * right);
    return along > 1 ? along + 2 * across : Infinity;
  };
  const others = [...from.ownerSVGElement.querySelectorAll("[data-touch]")].filter((it) => far(it) < Infinity);
  return others.sort((a, b) => far(a) - far(b))[0];
}

const viewOf = (root) =>
  Object.fromEntries(
    Object.keys(PLAIN_VIEW).map((key) => [key, Number(root.style.getPropertyValue(`--gzkit-${key}`) || PLAIN_VIEW[key])])
  );

/** Set zoom, brightness or place: kept on the root, so that the next picture is seen in the same way. */
function changeView(root, changes) {
  const view = { ...viewOf(root), ...changes };
  view.zoom = Math.min(8, Math.max(1, view.zoom));
  const most = (view.zoom - 1) / (2 * view.zoom); // of the picture's side: no further than to its edge
  for (const side of ["x", "y"]) view[side] = Math.min(most, Math.max(-most, view[side]));
  for (const [key, value] of Object.entries(view)) root.style.setProperty(`--gzkit-${key}`, value);
  for (const input of root.querySelectorAll("[data-view]")) input.value = view[input.dataset.view];
}

function followViews(root, listen) {
  let held = null;
  const picture = (event) => event.target.closest(".gzkit-picture");
  listen(root, "input", ({ target }) => {
    if (target.dataset.view) changeView(root, { [target.dataset.view]: Number(target.value) });
  });
  listen(root, "dblclick", (event) => picture(event) && changeView(root, PLAIN_VIEW));
  listen(root, "wheel", (event) => {
    if (!picture(event) || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    changeView(root, { zoom: viewOf(root).zoom * (event.deltaY < 0 ? 1.15 : 0.87) });
  }, { passive: false });
  listen(root, "pointerdown", (event) => {
    held = picture(event) && { ...viewOf(root), event, side: picture(event).getBoundingClientRect().width };
    if (held) event.preventDefault(), root.focus({ preventScroll: true });
  });
  listen(window, "pointermove", ({ clientX, clientY }) => {
    if (!held) return;
    const unit = held.side * held.zoom;
    changeView(root, { x: held.x + (clientX - held.event.clientX) / unit, y: held.y + (clientY - held.event.clientY) / unit });
  });
  listen(window, "pointerup", () => (held = null));
}

/** Where the thing that has the keyboard is drawn anew, its successor gets the keyboard. */
function keepFocus(root, listen, signal) {
  let last = null;
  listen(root, "focusin", ({ target }) => (last = target));
  listen(root, "focusout", ({ target, relatedTarget }) => {
    if (target.isConnected && target !== relatedTarget) queueMicrotask(() => target.isConnected && last === target && (last = null));
  });
  const watch = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const name = last.dataset.touch;
    const heirs = [...root.querySelectorAll("[data-touch]")].filter((it) => it.dataset.touch === name);
    const heir = heirs.find((it) => it.getBoundingClientRect().width > 0 && !it.disabled);
    (heir ?? root).focus({ preventScroll: true });
  });
  watch.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => watch.disconnect());
}

function download({ save, type }, content) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = save;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

export default { render };
