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
/** Chance of 0 to n votes for an answer of concentration a, the others together having b: the Beta-binomial. */
export function chances(n, a, b) {
  const rising = (x) => Array.from({ length: n }).reduce((table, _, k) => [...table, table[k] + Math.log(x + k)], [0]);
  const [own, rest, all, ways] = [a, b, a + b, 1].map(rising);
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
  const svg = root.querySelector("svg"), view = svg.parentElement, aside = root.querySelector(".gzkit-asked"), answers = questions.flatMap((it) => it.answers);
  const parts = [...svg.querySelectorAll("[data-touch], [data-in], [data-from]")], whole = svg.viewBox.baseVal, natural = [whole.width, whole.height];
  const keyed = new Map(questions.flatMap((it) => [[it.name, it], ...it.answers.map((answer) => [answer.label, answer])]));
  const keyOf = (part) => part.dataset.touch?.split(/:(.*)/s)[1] ?? part.dataset.in, folded = new Set();
  let path = [], votes = mean, zoom = 1, moved = false, pointed = null;
  const total = (question) => sum(question.answers.map((it) => votes[it.index])), share = (answer) => (votes ? votes[answer.index] / total(answer.question) : NaN);
  const amount = (x) => (Number.isInteger(x) || x >= 100 ? x.toFixed(0) : x.toFixed(1));
  const count = (it) => `${amount(total(it))} vote${total(it) === 1 ? "" : "s"}`;
  const told = (it) => (it.answers ? it.wording || it.name : it.wording ? `${it.label} (${it.wording})` : it.label)
    + (votes ? `: ${it.answers ? count(it) : `${amount(votes[it.index])} of ${count(it.question)}, ${percent(share(it))}`}` : "")
    + (it.answers ? "" : it.next.length ? `; then ${it.next.map((next) => next.name).join(", ")}` : "; then nothing more");
  function flow() {
    const arriving = (question) => sum(question.after.map((it) => votes[it.index])), most = Math.max(...questions.map(total), 1e-9);
    for (const part of parts) {
      const { from, to } = part.dataset, it = keyed.get(keyOf(part));
      if (from !== undefined) {
        const target = keyed.get(to), width = (24 / most) * total(target) * (votes[keyed.get(from).index] / arriving(target) || 0);
        part.setAttribute("stroke-width", width || 0.8), part.setAttribute("stroke-dasharray", width ? "none" : "1 2");
      } else if (part.classList.contains("note")) part.textContent = it.answers ? count(it) : percent(share(it));
      else if (part.classList.contains("votes")) {
        const box = part.getBBox(), side = box.width < 2.41 ? "height" : "width", size = (24 / most) * votes[it.index];
        part.setAttribute(side, size), part.setAttribute(side === "width" ? "x" : "y", (side === "width" ? box.x : box.y) + (box[side] - size) / 2);
      } else if (part.dataset.touch) part.querySelector("title").textContent = told(it);
    }
    say();
  }
  function show() {
    const seen = new Set(questions.filter((it) => !it.after.length)), now = ahead(questions, path), on = new Set(path.flatMap((it) => [it, it.question]));
    for (const it of seen) if (!folded.has(it)) it.answers.forEach((answer) => answer.next.forEach((next) => seen.add(next)));
    [now, ...(now?.answers ?? [])].forEach((it) => on.add(it));
    for (const part of parts) {
      const { from, to } = part.dataset, it = keyed.get(from ?? keyOf(part)), end = keyed.get(to);
      part.classList.toggle("gzkit-folded", !seen.has(it.question ?? it) || (end !== undefined && (!seen.has(end) || folded.has(it.question))));
      part.classList.toggle("gzkit-off", path.length > 0 && (!on.has(it) || (end !== undefined && !(path.includes(it) && on.has(end)))));
      if (it.answers && part.dataset.touch) part.ariaExpanded = String(!folded.has(it)), part.classList.toggle("gzkit-closed", folded.has(it));
    }
    const boxes = parts.filter((it) => !it.matches(".gzkit-folded, text")).map((it) => it.getBBox()), edge = (of) => Math.max(...boxes.map(of)) + 10;
    if (folded.size) svg.setAttribute("viewBox", `0 0 ${edge((it) => it.x + it.width)} ${edge((it) => it.y + it.height)}`);
    else svg.setAttribute("viewBox", `0 0 ${natural.join(" ")}`);
    fit(), ask(now);
  }
  function ask(now) {
    const step = (it) => make("li", {}, `${it.question.name}: ${it.text}`, votes ? ` (${percent(share(it))})` : "");
    const picture = (it) => { // the one in the drawing
      const found = parts.find((part) => part.tagName === "image" && part.dataset.in === it.label);
      return found ? [make("img", { alt: "", src: found.getAttribute("href") })] : [];
    };
    const choice = (it) => make("button", { type: "button", "data-touch": `answer:${it.label}` }, ...picture(it),
      make("span", {}, it.wording || it.text), make("small", {}, votes ? percent(share(it)) : ""));
    const chance = path.reduce((product, it) => product * share(it), 1);
    const ending = path.length && !Number.isNaN(chance) ? [make("p", {}, `${path.length > 1 ? "Product of shares" : "Share"}: ${percent(chance)}`)] : [];
    aside.replaceChildren(make("ol", {}, ...path.map(step)), ...ending, make("h3", {}, now ? now.wording || now.name : "Here the tree ends."),
      ...(now ? [make("div", { class: "gzkit-answers" }, ...now.answers.map(choice))] : []));
    root.querySelectorAll("[data-touch='act:back'], [data-touch='act:start']").forEach((it) => (it.disabled = !path.length));
  }
  const fit = () => (svg.style.width = `${zoom * clip(view.clientWidth, 0.9 * svg.viewBox.baseVal.width, 1.7 * svg.viewBox.baseVal.width)}px`);
  function scale(factor, event) { // what is under the pointer stays there
    const box = view.getBoundingClientRect(), [x, y] = [(event?.clientX ?? box.x + box.width / 2) - box.x, (event?.clientY ?? box.y + box.height / 2) - box.y];
    const old = zoom, left = view.scrollLeft + x, top = view.scrollTop + y;
    zoom = factor ? clip(zoom * factor, 0.3, 8) : 1;
    fit(), view.scrollTo(left * (zoom / old) - x, top * (zoom / old) - y);
  }
  const trace = (it) => new Set([it, ...(it.question ? [it.question, ...trace(it.question)] : it.after.flatMap((answer) => [...trace(answer)]))]);
  function point({ target }) {
    pointed = keyed.get(target.dataset.touch && keyOf(target));
    const lit = pointed ? trace(pointed) : new Set();
    for (const part of parts) part.classList.toggle("gzkit-lit", lit.has(keyed.get(part.dataset.from ?? keyOf(part))) && (!part.dataset.to || lit.has(keyed.get(part.dataset.to))));
    say();
  }
  const say = () => (root.querySelector(".gzkit-told").textContent = pointed ? told(pointed) : "");
  function hold(start) {
    if (start.pointerType !== "mouse" || start.button) return; // a finger scrolls by itself
    const [left, top] = [view.scrollLeft, view.scrollTop], over = new AbortController();
    moved = false;
    const move = ({ clientX, clientY }) => {
      const [x, y] = [start.clientX - clientX, start.clientY - clientY];
      if (Math.hypot(x, y) > 4) moved = true;
      if (moved) view.scrollTo(left + x, top + y);
    };
    window.addEventListener("pointermove", move, over), window.addEventListener("pointerup", () => over.abort(), over);
  }
  view.addEventListener("pointerdown", hold), view.addEventListener("pointerover", point), view.addEventListener("focusin", point);
  view.addEventListener("click", (event) => moved && (event.stopPropagation(), (moved = false)), true);
  view.addEventListener("wheel", (event) => (event.ctrlKey || event.metaKey) && (event.preventDefault(), scale(event.deltaY < 0 ? 1.15 : 0.87, event)), { passive: false });
  new ResizeObserver(fit).observe(view);
  const tree = {
    answer: (label) => ((path = walked(questions, path, keyed.get(label))), show(), tree.see()),
    question: (name) => (folded.delete(keyed.get(name)) || folded.add(keyed.get(name)), show()),
    back: () => ((path = path.slice(0, -1)), show()),
    start: () => ((path = []), folded.clear(), show()),
    fold: () => (folded.size ? folded.clear() : questions.filter((it) => !it.after.length).forEach((it) => folded.add(it)), show()),
    in: () => scale(1.3), out: () => scale(1 / 1.3), fit: () => scale(0),
    save: () => download({ save: "tree.svg", type: "image/svg+xml" }, new XMLSerializer().serializeToString(svg)),
    see() { // the question asked now comes into sight
      const box = svg.querySelector(`[data-touch="${CSS.escape(`question:${ahead(questions, path)?.name}`)}"]`)?.getBoundingClientRect(), room = view.getBoundingClientRect();
      if (box) view.scrollBy({ left: Math.min(box.left - room.left - 20, 0) || Math.max(box.right - room.right + 160, 0), top: Math.min(box.top - room.top - 60, 0) || Math.max(box.bottom - room.bottom + 120, 0) });
    },
    flow: (given) => ((votes = given ?? mean), votes && flow(), ask(ahead(questions, path))),
  };
  return show(), tree;
}

// ---- galaxies
/** Chances of every count as bars, pale outside the interval, and a mark at the votes given: numbers alone, no text. */
function strip(chance, [low, high], given) {
  const step = Math.min(150 / chance.length, 14), top = Math.max(...chance), x = (given + 0.5) * step;
  const bar = (p, k) => (p > 0.005 * top ? `M${(k + 0.08) * step} 24v${(-20 * p) / top}h${0.84 * step}v${(20 * p) / top}z` : "");
  const bars = (inside) => chance.map((p, k) => ((k >= low && k <= high) === inside ? bar(p, k) : "")).join("");
  const paths = { outside: bars(false), inside: bars(true), given: `M${x} 6V24`, mark: `M${x - 4} 0h8l-4 7z` };
  const drawn = Object.entries(paths).map(([name, path]) => `<path class="${name}" d="${path}"/>`).join("");
  return Object.assign(make("td"), { innerHTML: `<svg viewBox="0 0 150 24" aria-hidden="true">${drawn}</svg>` });
}
function makeGalaxies(root, questions, tree, { ids, votes, concentration, surprise, pictures }) {
  const find = (name) => root.querySelector(`[name=${name}]`), card = root.querySelector(".gzkit-card"), small = ids.map((id) => id.toLowerCase());
  const of = concentration?.map((it) => prediction(questions, it)), answers = questions.flatMap((it) => it.answers);
  const total = (i, question) => sum(question.answers.map((it) => votes[i][it.index])), told = (x) => (Number.isFinite(x) ? x.toFixed(2) : "–");
  const orders = [["", "as they come", (i) => -i], ...(surprise ? [["Surprise", "whole tree", (i) => surprise[i][0]]] : []),
    ...(surprise ? questions.map((it) => ["Surprise", it.name, (i) => surprise[i][it.index + 1]]) : []),
    ...(of ? questions.map((it) => ["Uncertainty", it.name, (i) => of[i].uncertainty(it)]) : []),
    ...(of ? answers.map((it) => ["Predicted share", it.label, (i) => of[i].share(it)]) : []),
    ...answers.map((it) => ["Share of votes", it.label, (i) => votes[i][it.index] / total(i, it.question)])];
  for (const [k, [group, name]] of orders.entries()) find("order").append(new Option(group ? `${group}: ${name}` : name, k));
  let shown = [], values = [], at = 0;
  find("order").value = surprise ? 1 : 0;
  function sort() {
    const text = find("find").value.trim().toLowerCase(), down = find("down").checked ? -1 : 1;
    values = ids.map((_, i) => orders[find("order").value][2](i) ?? NaN);
    const known = (i) => Number.isFinite(values[i]), exact = (i) => small[i] === text;
    shown = ids.map((_, i) => i).filter((i) => small[i].includes(text));
    shown.sort((a, b) => exact(b) - exact(a) || known(b) - known(a) || (known(a) ? down * (values[a] - values[b]) : 0) || a - b);
    open(0);
  }
  function panel(i, question) {
    const n = total(i, question), now = of && n ? question.answers.map((it) => of[i].votes(it, n)) : [];
    const rows = question.answers.map((it, j) => {
      const given = votes[i][it.index], name = make("th", { scope: "row" }, it.text), count = make("td", { class: "count" }, String(given));
      if (!of) return make("tr", {}, name, make("td", {}, make("meter", { value: given / n || 0, "aria-hidden": true })), count, make("td", {}, percent(given / n)));
      if (!n) return make("tr", {}, name, make("td", {}), make("td", {}), make("td", { class: "guess" }, percent(of[i].share(it))));
      const within = interval(now[j]), guess = sum(now[j].map((p, k) => k * p));
      return make("tr", {}, name, strip(now[j], within, given), count, make("td", { class: "guess" }, `${guess.toFixed(1)} (${within.join("–")})`));
    });
    const note = `${n} asked${of ? ` (predicted: ${percent(of[i].asked(question))})` : ""}`;
    return make("table", {}, make("caption", {}, make("b", {}, question.name), ` ${note}`), make("tbody", {}, ...rows));
  }
  function open(place) {
    at = clip(place, 0, Math.max(shown.length - 1, 0));
    const i = shown[at], from = at - (at % SHOWN), group = orders[find("order").value];
    root.querySelector(".gzkit-gallery").replaceChildren(...shown.slice(from, from + SHOWN).map((j) => make("button",
      { type: "button", "data-touch": `galaxy:${ids[j]}`, title: ids[j], "aria-pressed": j === i }, ...(pictures[j] ? [make("img", { alt: "", src: pictures[j] })] : []),
      make("span", {}, group[0] ? `${told(values[j])} · ${ids[j]}` : ids[j]))));
    root.querySelector(".gzkit-place").textContent = shown.length ? `${at + 1} of ${shown.length}` : "no such galaxy";
    if (i === undefined) return card.replaceChildren(), tree.flow(null);
    const most = surprise && questions.reduce((a, b) => ((surprise[i][a.index + 1] ?? -Infinity) >= (surprise[i][b.index + 1] ?? -Infinity) ? a : b));
    const picture = pictures[i] ? [make("div", { class: "gzkit-picture" }, make("img", { alt: `Image of ${ids[i]}`, src: pictures[i], draggable: false }))] : [];
    const words = [...(group[0] ? [`${group[0]}, ${group[1]}: ${told(values[i])}.`] : []),
      ...(Number.isFinite(surprise?.[i][0]) ? [`Surprise ${told(surprise[i][0])}, most at ${most.name} (${told(surprise[i][most.index + 1])}).`] : [])];
    card.replaceChildren(make("header", {}, make("h3", {}, ids[i]), make("p", {}, words.join(" ")), ...picture),
      make("div", { class: "panels" }, ...questions.filter((it) => of || total(i, it)).sort((a, b) => a.index - b.index).map((it) => panel(i, it))));
    tree.flow(find("mean").checked ? null : votes[i]);
  }
  for (const name of ["find", "order", "down", "mean"]) find(name).addEventListener("input", () => (name === "mean" ? open(at) : sort()));
  return sort(), { galaxy: (id) => open(shown.findIndex((i) => ids[i] === id)), next: () => open((at + 1) % shown.length), last: () => open((at - 1 + shown.length) % shown.length),
    by: (label) => ((find("order").value = orders.findIndex(([group, name]) => name === label && /share/i.test(group))), sort()) };
}

// ---- the page
const KEYS = { ArrowRight: "next", ArrowLeft: "last", Backspace: "back", "+": "in", "-": "out", 0: "fit" };
export function wake() {
  for (const script of document.querySelectorAll(".gzkit script[type='application/json']")) {
    const root = script.parentElement, { questions, mean, galaxies } = JSON.parse(script.textContent);
    link(questions);
    const tree = makeTree(root, questions, mean), acts = { ...tree, ...(galaxies ? makeGalaxies(root, questions, tree, galaxies) : tree.flow(mean)) };
    const hear = ({ touch, key }) => {
      const [kind, name] = touch ? touch.split(/:(.*)/s) : ["act", KEYS[key]];
      kind === "act" ? acts[name]?.() : acts[kind](name);
      if (kind === "answer") acts.by?.(name);
    };
    root.querySelectorAll("[hidden]").forEach((it) => (it.hidden = !galaxies && it.classList.contains("gzkit-galaxies")));
    render({ el: script, model: { send: hear, get: (name) => name === "heard" && Object.keys(KEYS), set() {}, save_changes() {}, on() {}, off() {} } });
  }
}
wake();
