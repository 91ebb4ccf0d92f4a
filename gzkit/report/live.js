// Trees and galaxies of a page without a kernel. `touch.js` stands before this in the page: the clicks and keys that it
// sends to Python in a notebook are heard here. Texts of files enter as text, never as markup.

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const clip = (x, low, high) => Math.min(high, Math.max(low, x));
const percent = (share) => (Number.isNaN(share) ? "–" : share > 0 && share < 0.005 ? "<1%" : `${Math.round(100 * share)}%`);
const SHOWN = 24; // little pictures at a time

function make(tag, attributes = {}, ...inside) {
  const it = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) it.setAttribute(name, value);
  return it.append(...inside), it;
}

// ---- numbers
/** log x(x+1)...(x+k-1) for k = 0 to n. */
function rising(x, n) {
  const table = [0];
  for (let k = 0; k < n; k++) table.push(table[k] + Math.log(x + k));
  return table;
}
/** Chance of 0 to n votes for an answer of concentration a, the others together having b: the Beta-binomial. */
export function chances(n, a, b) {
  const [own, rest, all, ways] = [a, b, a + b, 1].map((x) => rising(x, n));
  return own.map((log, k) => Math.exp(log + rest[n - k] - all[n] + ways[n] - ways[k] - ways[n - k]));
}
/** First and last count of the interval that leaves out at most 5 % at either end. */
export function interval(chance) {
  let below = 0;
  const sums = chance.map((p) => (below += p)), edge = (tail) => sums.filter((p) => p <= tail).length;
  return [edge(0.05 + 1e-12), edge(0.95 - 2e-12)];
}
/** What is predicted of one galaxy; its concentrations stand answer by answer, sample by sample. */
export function prediction(questions, concentration) {
  const count = concentration.length / sum(questions.map((it) => it.answers.length)), samples = [...Array(count).keys()];
  const mean = (of) => sum(samples.map(of)) / count, at = (answer, s) => concentration[answer.index * count + s];
  const total = (question, s) => sum(question.answers.map((it) => at(it, s))), part = (answer, s) => at(answer, s) / total(answer.question, s);
  const reach = (question, s) => (question.after.length ? sum(question.after.map((it) => reach(it.question, s) * part(it, s))) : 1);
  return {
    share: (answer) => mean((s) => part(answer, s)),
    asked: (question) => mean((s) => reach(question, s)),
    votes(answer, n) {
      const each = samples.map((s) => chances(n, at(answer, s), total(answer.question, s) - at(answer, s)));
      return each[0].map((_, k) => sum(each.map((it) => it[k])) / count);
    },
    /** Standard deviation of a volunteer's answer probabilities, over all answers together. */
    uncertainty: (question) => Math.sqrt(sum(question.answers.map((it) => {
      const middle = mean((s) => part(it, s));
      return mean((s) => (part(it, s) * (1 - part(it, s))) / (total(question, s) + 1) + (part(it, s) - middle) ** 2);
    }))),
  };
}
/** Questions with their answers, each knowing the other, from what Python tells of a schema. */
export function link(questions) {
  const answers = questions.flatMap((question) => question.answers.map((it) => Object.assign(it, { question, next: [] })));
  const byIndex = new Map(answers.map((it) => [it.index, it]));
  for (const question of questions) question.after = question.after.map((i) => byIndex.get(i));
  for (const question of questions) for (const answer of question.after) answer.next.push(question);
  return answers;
}
/** The question that a volunteer who gave these answers is asked next: first where the last one leads. */
export function ahead(questions, path) {
  const open = (it) => !it.answers.some((answer) => path.includes(answer)) && (!it.after.length || it.after.some((answer) => path.includes(answer)));
  return questions.filter(open).sort((a, b) => b.after.includes(path.at(-1)) - a.after.includes(path.at(-1)))[0];
}
const ways = (question) => question.after.map((it) => [...(ways(it.question)[0] ?? []), it]).sort((a, b) => a.length - b.length);
/** The walk after one more answer: from where it was, where it leads there, else by the shortest way. */
export function walked(questions, path, answer) {
  const before = path.findIndex((it) => it.question === answer.question), kept = before < 0 ? path : path.slice(0, before);
  const there = answer.question.after, leads = !there.length || there.some((it) => kept.includes(it));
  return [...(leads ? kept : (ways(answer.question)[0] ?? [])), answer];
}

// ---- the tree
function makeTree(root, questions, mean) {
  const svg = root.querySelector("svg"), view = svg.parentElement, aside = root.querySelector(".gzkit-asked"), natural = svg.getAttribute("viewBox");
  const keyed = new Map(questions.flatMap((it) => [[it.name, it], ...it.answers.map((answer) => [answer.label, answer])]));
  const find = (of) => keyed.get(of.from ?? of.in ?? of.touch?.split(/:(.*)/s)[1]);
  const parts = [...svg.querySelectorAll("[data-touch], [data-in], [data-from]")].map((el) => ({ el, it: find(el.dataset), end: keyed.get(el.dataset.to), box: el.getBBox() }));
  const folded = new Set(), mark = (name, of) => parts.forEach((part) => part.el.classList.toggle(`gzkit-${name}`, Boolean(of(part))));
  let path = [], votes = mean, zoom = 1, moved = 0, pointed;
  const total = (question) => sum(question.answers.map((it) => votes[it.index])), share = (answer) => (votes ? votes[answer.index] / total(answer.question) : NaN);
  const amount = (x) => (Number.isInteger(x) || x >= 100 ? x.toFixed(0) : x.toFixed(1)), count = (it) => `${amount(total(it))} vote${total(it) === 1 ? "" : "s"}`;
  function told(it) {
    const numbers = !votes ? "" : it.answers ? `: ${count(it)}` : `: ${amount(votes[it.index])} of ${count(it.question)}, ${percent(share(it))}`;
    if (it.answers) return (it.wording || it.name) + numbers;
    return `${it.label}${it.wording && ` (${it.wording})`}${numbers}; then ${it.next.map((next) => next.name).join(", ") || "nothing more"}`;
  }
  const say = () => (root.querySelector(".gzkit-told").textContent = pointed ? told(pointed) : "");
  function flow() {
    const unit = 24 / Math.max(...questions.map(total), 1e-9), arriving = (question) => sum(question.after.map((it) => votes[it.index]));
    for (const { el, it, end, box } of parts) {
      if (end) {
        const width = unit * total(end) * (votes[it.index] / arriving(end) || 0);
        el.setAttribute("stroke-width", width || 0.8), el.setAttribute("stroke-dasharray", width ? "none" : "1 2");
      } else if (el.matches(".note")) el.textContent = it.answers ? count(it) : percent(share(it));
      else if (el.matches(".votes")) { // around its middle
        const size = unit * votes[it.index];
        el.setAttribute("height", size), el.setAttribute("y", box.y + (box.height - size) / 2);
      } else if (el.dataset.touch) el.querySelector("title").textContent = told(it);
    }
    say();
  }
  function show() {
    const seen = new Set(questions.filter((it) => !it.after.length)), now = ahead(questions, path);
    for (const it of seen) if (!folded.has(it)) it.answers.forEach((answer) => answer.next.forEach((next) => seen.add(next)));
    const on = new Set([...path, ...path.map((it) => it.question), now, ...(now?.answers ?? [])]), shut = ({ el, it }) => el.dataset.touch && folded.has(it);
    mark("folded", ({ it, end }) => !seen.has(it.question ?? it) || (end && (!seen.has(end) || folded.has(it.question))));
    mark("off", ({ it, end }) => path.length && !(on.has(it) && (!end || (path.includes(it) && on.has(end)))));
    mark("closed", shut);
    for (const part of parts) if (part.el.dataset.touch && part.it.answers) part.el.ariaExpanded = String(!shut(part));
    const boxes = parts.filter(({ el }) => !el.matches(".gzkit-folded, text")).map(({ box }) => box), edge = (of) => Math.max(...boxes.map(of)) + 10;
    svg.setAttribute("viewBox", folded.size ? `0 0 ${edge((it) => it.x + it.width)} ${edge((it) => it.y + it.height)}` : natural);
    fit(), ask(now);
  }
  function ask(now) {
    const step = (it) => make("li", {}, `${it.question.name}: ${it.text}${votes ? ` (${percent(share(it))})` : ""}`);
    const picture = (it) => parts.filter(({ el }) => el.tagName === "image" && find(el.dataset) === it).map(({ el }) => make("img", { alt: "", src: el.getAttribute("href") }));
    const choice = (it) => make("button", { type: "button", "data-touch": `answer:${it.label}` }, ...picture(it), it.wording || it.text, make("small", {}, votes ? percent(share(it)) : ""));
    const chance = path.reduce((product, it) => product * share(it), 1), ending = votes && path.length > 1 ? [make("li", {}, `product ${percent(chance)}`)] : [];
    aside.replaceChildren(make("ol", {}, ...path.map(step), ...ending), make("h3", {}, now ? now.wording || now.name : "Here the tree ends."),
      make("div", { class: "gzkit-answers" }, ...(now?.answers ?? []).map(choice)));
    root.querySelectorAll("[data-touch='act:back'], [data-touch='act:start']").forEach((it) => (it.disabled = !path.length));
  }
  const fit = () => (svg.style.width = `${zoom * clip(view.clientWidth, 0.9 * svg.viewBox.baseVal.width, 1.7 * svg.viewBox.baseVal.width)}px`);
  function scale(factor, event) { // what is under the pointer stays there
    const box = view.getBoundingClientRect(), [x, y] = event ? [event.clientX - box.x, event.clientY - box.y] : [box.width / 2, box.height / 2];
    const [left, top, old] = [view.scrollLeft + x, view.scrollTop + y, zoom];
    zoom = factor ? clip(zoom * factor, 0.3, 8) : 1;
    fit(), view.scrollTo((left * zoom) / old - x, (top * zoom) / old - y);
  }
  const trace = (it) => [it, ...(it.question ? trace(it.question) : it.after.flatMap(trace))];
  function point({ target }) {
    pointed = target.dataset.touch && find(target.dataset);
    const lit = new Set(pointed && trace(pointed));
    mark("lit", ({ it, end }) => lit.has(it) && (!end || lit.has(end))), say();
  }
  view.addEventListener("pointerover", point), view.addEventListener("focusin", point);
  view.addEventListener("pointerdown", () => (moved = 0));
  view.addEventListener("pointermove", ({ buttons, pointerType, movementX: x, movementY: y }) => { // a finger scrolls by itself
    if (buttons === 1 && pointerType === "mouse") view.scrollBy(-x, -y), (moved += Math.abs(x) + Math.abs(y));
  });
  view.addEventListener("click", (event) => moved > 4 && event.detail && event.stopPropagation(), true);
  view.addEventListener("wheel", (event) => (event.ctrlKey || event.metaKey) && (event.preventDefault(), scale(event.deltaY < 0 ? 1.15 : 0.87, event)), { passive: false });
  new ResizeObserver(fit).observe(view);
  function see() { // the question that is asked now comes into sight
    const box = parts.find(({ el, it }) => el.dataset.touch && it === ahead(questions, path))?.el.getBoundingClientRect(), room = view.getBoundingClientRect();
    const by = (low, high) => Math.min(low - 20, 0) || Math.max(high + 140, 0);
    if (box) view.scrollBy(by(box.left - room.left, box.right - room.right), by(box.top - room.top, box.bottom - room.bottom));
  }
  show();
  return {
    answer: (label) => ((path = walked(questions, path, keyed.get(label))), show(), see()),
    question: (name) => (folded.delete(keyed.get(name)) || folded.add(keyed.get(name)), show()),
    fold: () => (folded.size ? folded.clear() : questions.filter((it) => !it.after.length).forEach((it) => folded.add(it)), show()),
    back: () => (path.pop(), show()), start: () => ((path = []), folded.clear(), show()), in: () => scale(1.3), out: () => scale(1 / 1.3), fit: () => scale(0),
    save: () => download({ save: "tree.svg", type: "image/svg+xml" }, new XMLSerializer().serializeToString(svg)),
    flow: (given) => ((votes = given ?? mean), votes && flow(), ask(ahead(questions, path))),
  };
}

// ---- galaxies
/** Chances of every count as bars, pale outside the interval, and a mark at the votes given: numbers alone, no text. */
function strip(chance, [low, high], given) {
  const step = Math.min(150 / chance.length, 14), top = Math.max(...chance), x = (given + 0.5) * step;
  const bars = chance.map((p, k) => (p > 0.005 * top ? `M${(k + 0.08) * step} 24v${(-20 * p) / top}h${0.84 * step}v${(20 * p) / top}z` : ""));
  const paths = { outside: bars.filter((_, k) => k < low || k > high).join(""), inside: bars.slice(low, high + 1).join(""), given: `M${x} 6V24`, mark: `M${x - 4} 0h8l-4 7z` };
  const drawn = Object.entries(paths).map(([name, path]) => `<path class="${name}" d="${path}"/>`).join("");
  return Object.assign(make("span"), { innerHTML: `<svg viewBox="0 0 150 24" aria-hidden="true">${drawn}</svg>` });
}
function makeGalaxies(root, questions, tree, { ids, votes, concentration, surprise, pictures, links }) {
  const find = (name) => root.querySelector(`[name=${name}]`), lower = ids.map((id) => id.toLowerCase()), answers = questions.flatMap((it) => it.answers);
  const of = concentration?.map((it) => prediction(questions, it)), total = (i, question) => sum(question.answers.map((it) => votes[i][it.index]));
  const told = (x) => (Number.isFinite(x) ? x.toFixed(2).replace("-", "−") : "–"), orders = [["as they come", (i) => -i]];
  const add = (kind, members, act) => members.forEach((it) => orders.push([`${kind}: ${it.label ?? it.name}`, (i) => act(i, it)]));
  if (of) add("Surprise", [{ name: "whole tree", index: -1 }, ...questions], (i, it) => surprise[i][it.index + 1]);
  if (of) add("Uncertainty", questions, (i, it) => of[i].uncertainty(it));
  if (of) add("Predicted share", answers, (i, it) => of[i].share(it));
  add("Share of votes", answers, (i, it) => votes[i][it.index] / total(i, it.question));
  find("order").append(...orders.map(([name], k) => new Option(name, k)));
  find("order").value = of ? 1 : 0;
  let shown = [], values = [], at = 0, drawn;
  function sort(open_now) {
    const text = find("find").value.trim().toLowerCase(), down = find("down").checked ? -1 : 1;
    values = ids.map((_, i) => orders[find("order").value][1](i) ?? NaN);
    const known = (i) => Number.isFinite(values[i]), exact = (i) => lower[i] === text;
    shown = ids.map((_, i) => i).filter((i) => lower[i].includes(text));
    shown.sort((a, b) => exact(b) - exact(a) || known(b) - known(a) || (known(a) ? down * (values[a] - values[b]) : 0) || a - b);
    open(shown.indexOf(open_now));
  }
  function panel(i, question) {
    const n = total(i, question), cell = (name, ...inside) => make("td", { class: name }, ...inside);
    const rows = question.answers.map((it) => {
      const given = votes[i][it.index], chance = of?.[i].votes(it, n), within = of && interval(chance);
      const guess = !of ? percent(given / n) : n ? `${sum(chance.map((p, k) => k * p)).toFixed(1)} (${within.join("–")})` : percent(of[i].share(it));
      const drawn = of ? strip(chance, within, given) : make("meter", { value: given / n, "aria-hidden": true });
      return make("tr", {}, make("th", { scope: "row" }, it.text), cell("drawn", ...(n ? [drawn] : [])), cell("count", n ? String(given) : ""), cell(of ? "guess" : "share", guess));
    });
    const note = of ? ` (model: ${percent(of[i].asked(question))})${n ? `, surprise ${told(surprise[i][question.index + 1])}` : ""}` : "";
    return make("table", {}, make("caption", {}, make("b", {}, question.name), ` ${n} asked${note}`), make("tbody", {}, ...rows));
  }
  const image = (i, alt) => (pictures[i] ? [make("img", { alt, src: pictures[i], draggable: false })] : []);
  function open(place) {
    at = clip(place, 0, Math.max(shown.length - 1, 0));
    const i = shown[at], from = at - (at % SHOWN), order = Number(find("order").value), card = root.querySelector(".gzkit-card"), gallery = root.querySelector(".gzkit-gallery");
    const small = (j) => make("button", { type: "button", "data-touch": `galaxy:${ids[j]}`, title: ids[j] }, ...image(j, ""),
      make("span", {}, order ? `${told(values[j])}\n${ids[j]}` : ids[j]));
    if (drawn !== shown || gallery.dataset.from !== String(from)) gallery.replaceChildren(...shown.slice(from, from + SHOWN).map(small));
    (drawn = shown), (gallery.dataset.from = from), [...gallery.children].forEach((it, k) => (it.ariaPressed = String(from + k === at)));
    root.querySelector(".gzkit-place").textContent = shown.length ? `${at + 1} of ${shown.length}` : "no such galaxy";
    card.hidden = i === undefined;
    if (card.hidden) return;
    const panels = questions.filter((it) => of || total(i, it)).sort((a, b) => a.index - b.index).map((it) => panel(i, it));
    const sky = links[i] ? [make("a", { href: links[i], target: "_blank", rel: "noopener noreferrer" }, "on the sky")] : [];
    card.replaceChildren(make("header", {}, make("h3", {}, ids[i]), ...sky, make("p", {}, order ? `${orders[order][0]} ${told(values[i])}` : ""),
      make("div", { class: "gzkit-picture" }, ...image(i, `Image of ${ids[i]}`))), make("div", { class: "panels" }, ...panels));
    tree.flow(find("mean").checked ? null : votes[i]);
  }
  for (const name of ["find", "order", "down", "mean"]) find(name).addEventListener("input", () => (name === "mean" ? open(at) : sort()));
  const by = (label) => ((find("order").value = orders.findIndex(([name]) => name === `${of ? "Predicted share" : "Share of votes"}: ${label}`)), sort(shown[at]));
  sort();
  return { by, galaxy: (id) => open(shown.findIndex((i) => ids[i] === id)), next: () => open((at + 1) % shown.length), last: () => open((at || shown.length) - 1) };
}

// ---- the page
const KEYS = { ArrowRight: "next", ArrowLeft: "last", Backspace: "back", "+": "in", "-": "out", 0: "fit" };
for (const script of document.querySelectorAll(".gzkit script[type='application/json']")) {
  const root = script.parentElement, { questions, mean, galaxies } = JSON.parse(script.textContent);
  link(questions);
  const acts = makeTree(root, questions, mean);
  if (galaxies) Object.assign(acts, makeGalaxies(root, questions, acts, galaxies));
  const send = ({ touch, key }) => {
    const [kind, name] = touch ? touch.split(/:(.*)/s) : ["act", KEYS[key]];
    kind === "act" ? acts[name]?.() : acts[kind](name);
    if (kind === "answer") acts.by?.(name);
  };
  render({ el: script, model: { send, get: (name) => name === "heard" && Object.keys(KEYS), set() {}, save_changes() {}, on() {}, off() {} } });
}
