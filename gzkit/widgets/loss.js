// The loss in one's hands, drawn where it is seen: in a notebook, linked to Python, or alone in a file.
// The state is answers, votes and concentration; `settings` brings colours, examples and bounds from Python.

const LEFT = 50, RIGHT = 370, TOP = 48, BOTTOM = 222, FULL = 390; // of the axes in a panel, its width
const HALF = Math.sqrt(0.75);
const SIDE = 224, FOOT = [100, 238]; // the triangle: its side, its lower left corner
const TOTALS = Array.from({ length: 97 }, (_, i) => 0.2 * 5000 ** (i / 96));
const DASH = { mean: [8, 3, 2, 3], multinomial: [5, 3], votes: [2, 3] };
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const clip = (x, low, high) => Math.min(high, Math.max(low, x));
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), -Infinity);

// ---- numbers
/** Logarithm of the gamma function, x > 0: Stirling's series (DLMF 5.11.1) from 9 on, reached by the recurrence. */
export function lgamma(x) {
  let product = 1;
  for (; x < 9; x++) product *= x;
  const y = 1 / (x * x);
  const series = 1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - y * (691 / 360360 - y / 156)))));
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series / x - Math.log(product);
}
/** log a(a+1)...(a+k-1) for k = 0 to n: nothing large is subtracted, as a difference of lgamma would. */
function rising(a, n) {
  const table = [0];
  for (let k = 0; k < n; k++) table.push(table[k] + Math.log(a + k));
  return table;
}
const last = (a, n) => rising(a, n)[n], orderings = (votes) => last(1, sum(votes)) - sum(votes.map((k) => last(1, k)));
/** Negative log-likelihood of the votes under the Dirichlet-Multinomial [nat]. */
export const loss = (votes, a) =>
  last(sum(a), sum(votes)) - orderings(votes) - sum(votes.map((k, i) => last(a[i], k)));
/** The same if the mean is taken as certain. */
export const multinomial = (votes, a) => 0 - orderings(votes) - sum(votes.map((k, i) => k * Math.log(a[i] / sum(a))));
/** Minus the derivative of the loss by the logarithm of each concentration [nat]. */
export function push(votes, a) {
  const reciprocals = (x, n) => sum(Array.from({ length: n }, (_, j) => 1 / (x + j)));
  const all = reciprocals(sum(a), sum(votes));
  return votes.map((k, i) => a[i] * (reciprocals(a[i], k) - all));
}
/** Every way in which n votes can fall, with its chance under the Dirichlet-Multinomial and the multinomial. */
export function splits(n, a) {
  const factorial = rising(1, n), start = factorial[n] - last(sum(a), n);
  const uncertain = a.map((x) => rising(x, n).map((value, k) => value - factorial[k]));
  const certain = a.map((x) => factorial.map((value, k) => k * Math.log(x / sum(a)) - value));
  const ways = factorial.flatMap((_, j) => (a.length === 2 ? [[j, n - j]] : factorial.slice(j).map((_, k) => [j, k, n - j - k])));
  const chance = (split, tables, from) => Math.exp(split.reduce((log, k, i) => log + tables[i][k], from));
  return ways.map((split) => ({ split, uncertain: chance(split, uncertain, start), certain: chance(split, certain, factorial[n]) }));
}
/** Dirichlet density as a function of the shares. */
export function density(a) {
  const normaliser = lgamma(sum(a)) - sum(a.map(lgamma));
  return (shares) => Math.exp(shares.reduce((log, share, i) => log + (a[i] - 1) * Math.log(share), normaliser));
}
const sharesAt = (x, y) => [1 - x - y / HALF / 2, x - y / HALF / 2, y / HALF];
const lowest = ({ votes, concentration: a }) => {
  const curve = TOTALS.map((total) => loss(votes, a.map((x) => (x / sum(a)) * total)));
  const at = curve.indexOf(Math.min(...curve));
  return { curve, loss: curve[at], total: at < TOTALS.length - 1 ? TOTALS[at] : Infinity };
};

// ---- words
const digits = (x, count) => String(Number(x.toPrecision(count)));
const signed = (x) => (x <= -0.005 ? "" : "+") + (Math.abs(x) < 0.005 ? 0 : x).toFixed(2);
const short = (name) => (name.length <= 18 ? name : `${name.slice(0, 17)}…`);
const percent = (chance) => (chance >= 1e-4 ? `${digits(100 * chance, 2)} %` : "< 0.01 %");
/** Concentrations as they are written everywhere: their sum is the total that is written. */
export function written(a) {
  const places = sum(a) < 100 ? 2 : 1;
  const parts = a.map((x) => Number(x.toFixed(places)));
  return { parts: parts.map(String), total: String(Number(sum(parts).toFixed(places))) };
}
/** What each panel says, for those who do not see it. */
export function describe({ answers, votes, concentration: a }) {
  const n = sum(votes), total = sum(a), mean = a.map((x) => x / total), low = lowest({ votes, concentration: a });
  const listed = (numbers, style = (x) => x.toFixed(2)) => answers.map((name, i) => `${name} ${style(numbers[i])}`).join(", ");
  const [ours, other] = [loss(votes, a), multinomial(votes, a)], crossed = -sum(votes.map((k, i) => (k * Math.log(mean[i])) / n));
  const where = low.total < Infinity ? `near total concentration ${digits(low.total, 2)}` : "at the largest total concentration";
  return {
    belief: `Dirichlet density with mean shares ${listed(mean)} and total concentration ${written(a).total}; `
      + `${n ? `volunteers: ${listed(votes.map((k) => k / n))}` : "nobody was asked"}.`,
    votes: !n ? "Nobody was asked: no votes to predict." : `The votes given, ${listed(votes, String)} of ${n}, have chance `
      + `${percent(Math.exp(-ours))}; under the multinomial of the mean ${percent(Math.exp(-other))}.`,
    push: `Push of training on the logarithm of each concentration [nat]: ${listed(push(votes, a), signed)}.`,
    price: !n ? "Nobody was asked: the loss is 0 whatever the concentrations." : `Loss ${ours.toFixed(2)} nat at total `
      + `concentration ${written(a).total}; with the same mean it is lowest ${where} (${low.loss.toFixed(2)} nat). The multinomial `
      + `stays at ${other.toFixed(2)}, whatever the total; so does cross-entropy, counted by the vote: ${crossed.toFixed(2)} nat a vote.`,
    urn: `The next ball is ${listed(a.map((x, i) => (x + votes[i]) / (total + n)))}. Each goes back with one more like it.`,
  };
}

// ---- drawing
/** A pen over a canvas: one panel of so many units, sharp at whatever size it is seen. */
function pen(canvas, theme) {
  const [width, height] = canvas.dataset.size.split(" ").map(Number), g = canvas.getContext("2d");
  const scale = ((canvas.clientWidth || width) / width) * devicePixelRatio, size = [width, height].map((it) => Math.round(it * scale));
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const trace = (points) => (g.beginPath(), points.forEach(([x, y]) => g.lineTo(x, y)));
  const ink = {
    line(points, color, width = 1, dash = []) {
      trace(points), Object.assign(g, { strokeStyle: color, lineWidth: width }), g.setLineDash(dash), g.stroke();
    },
    fill(points, color, alpha = 1) {
      trace(points), Object.assign(g, { fillStyle: color, globalAlpha: alpha }), g.fill(), (g.globalAlpha = 1);
    },
    ring(x, y, r, color, face, width = 1.5, dash = []) {
      g.beginPath(), g.arc(x, y, r, 0, 7), g.setLineDash(dash);
      Object.assign(g, { fillStyle: face ?? "transparent", strokeStyle: color, lineWidth: width }), g.fill(), g.stroke();
    },
    text(x, y, words, { align = "left", color = theme.ink, size = 13, bold = false } = {}) {
      g.font = `${bold ? "bold " : ""}${size}px "DejaVu Sans", Verdana, sans-serif`;
      Object.assign(g, { fillStyle: color, textAlign: align });
      const half = align === "center" ? g.measureText(words).width / 2 : -Infinity; // it stays in the picture
      g.fillText(words, clip(x, half, width - half), y);
    },
    wedge(x, y) { // what volunteers said
      const corners = [[x, y], [x - 6, y - 11], [x + 6, y - 11], [x, y]];
      ink.fill(corners, theme.truth), ink.line(corners, theme.paper);
    },
    /** What marks mean, above the axes, where nothing else is drawn: mark, its colour, words. */
    legend(entries, columns = [LEFT, 220]) {
      entries.forEach(([mark, color, words], i) => {
        const x = columns[i % columns.length], y = 16 + 18 * Math.floor(i / columns.length);
        ink.text(x, y, mark, { color, bold: true }), ink.text(x + 22, y, words);
      });
    },
  };
  g.setTransform(scale, 0, 0, scale, 0, 0), (g.lineJoin = "round");
  ink.fill([[0, 0], [width, 0], [width, height], [0, height]], theme.paper);
  return Object.assign(ink, { g });
}
/** Axes with their numbers; where numbers stand in them. */
function axes(ink, theme, [x0, x1], [y0, y1], { log = false, xTicks, yTicks = [], label, unit = "" }) {
  const of = log ? Math.log10 : (v) => v;
  const x = (v) => LEFT + ((of(clip(v, x0, x1)) - of(x0)) / (of(x1) - of(x0))) * (RIGHT - LEFT);
  const y = (v) => BOTTOM - ((Math.min(v, y1) - y0) / (y1 - y0)) * (BOTTOM - TOP);
  ink.text(LEFT - 7, TOP - 6, unit, { align: "right" });
  ink.line([...(yTicks.length ? [[LEFT, TOP]] : []), [LEFT, BOTTOM], [RIGHT, BOTTOM]], theme.ink);
  const mark = (from, to, words, at, align) => (ink.line([from, to], theme.ink), ink.text(...at, words, { align }));
  for (const tick of xTicks) mark([x(tick), BOTTOM], [x(tick), BOTTOM + 4], String(tick), [x(tick), BOTTOM + 17], "center");
  for (const tick of yTicks) mark([LEFT, y(tick)], [LEFT - 4, y(tick)], String(tick), [LEFT - 7, y(tick) + 4], "right");
  ink.text((LEFT + RIGHT) / 2, BOTTOM + 35, label, { align: "center" });
  return { x, y };
}
function ticks(high, whole = false) {
  const rough = high / 5, power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max([1, 2, 5, 10].find((factor) => factor * power >= rough) * power, whole ? 1 : 0);
  return Array.from({ length: Math.floor(high / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
const place = (shares) => [FOOT[0] + SIDE * (shares[1] + shares[2] / 2), FOOT[1] - SIDE * HALF * shares[2]];
function triangle(ink, theme, answers) {
  const corners = [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map(place);
  ink.line([...corners, corners[0]], theme.ink);
  corners.forEach(([x, y], i) => ink.text(x, y + (i < 2 ? 18 : -7), `all ${short(answers[i])}`, { align: "center" }));
}
const DRAW = {
  belief(ink, theme, { answers, votes, concentration: a, trace }) {
    const n = sum(votes), mean = a.map((x) => x / sum(a)), observed = votes.map((k) => k / n), of = density(a);
    const seen = n ? [["▼", theme.truth, "volunteers"]] : [];
    if (a.length === 3) {
      shade(ink, theme, of), triangle(ink, theme, answers);
      ink.line(trace.map((it) => place(it.mean)), theme.truth, 2), ink.text(place(mean)[0], place(mean)[1] + 7, "+", { align: "center", size: 22 });
      if (n) ink.wedge(...place(observed));
      return ink.legend([["+", theme.ink, "mean"], ...seen], [6]);
    }
    const shares = Array.from({ length: 500 }, (_, i) => 0.0005 + (0.999 * i) / 499), values = shares.map((x) => of([x, 1 - x]));
    const top = 1.06 * Math.max(most(values.slice(25, -25)), 1); // below 1 they pile up without bound at the ends
    const at = axes(ink, theme, [0, 1], [0, top], { xTicks: [0, 0.2, 0.4, 0.6, 0.8, 1], yTicks: ticks(top),
      label: `share of volunteers who answer ${short(answers[0])}` });
    const curve = shares.map((share, i) => [at.x(share), at.y(values[i])]);
    ink.fill([[LEFT, BOTTOM], ...curve, [RIGHT, BOTTOM]], theme.prediction, 0.25), ink.line(curve, theme.prediction, 2.2);
    ink.line([[at.x(mean[0]), BOTTOM], [at.x(mean[0]), TOP]], theme.prediction, 1.4, DASH.mean);
    if (n) ink.wedge(at.x(observed[0]), BOTTOM), (seen[0][2] += ` ${observed[0].toFixed(2)}`);
    ink.legend([["-·", theme.prediction, `mean ${mean[0].toFixed(2)}`], ...seen]);
  },
  votes(ink, theme, { answers, votes, concentration: a }) {
    const n = sum(votes), found = splits(n, a), hit = found.find(({ split }) => String(split) === String(votes));
    if (!n) return ["Nobody was asked:", "nothing to predict"].forEach((line, i) => ink.text(FULL / 2, 120 + 18 * i, line, { align: "center" }));
    const columns = a.length === 3 ? [6] : [LEFT, 220];
    ink.legend([["■", theme.prediction, percent(hit.uncertain)], ["--", theme.multinomial, `${percent(hit.certain)}${a.length === 3 ? "" : ", multinomial"}`],
      ["▼", theme.truth, a.length === 3 ? "these votes" : "chance of these votes"]], columns);
    if (a.length === 3) return dots(ink, theme, answers, votes, found);
    const top = 1.06 * most(found.map((it) => Math.max(it.uncertain, it.certain)));
    const at = axes(ink, theme, [-0.6, n + 0.6], [0, top], { xTicks: ticks(n, true), yTicks: ticks(top), label: `votes of ${n} for ${short(answers[0])}` });
    const box = (k, chance, half) => [[k - half, 0], [k - half, chance], [k + half, chance], [k + half, 0]].map(([x, y]) => [at.x(x), at.y(y)]);
    found.forEach(({ uncertain }, k) => ink.fill(box(k, uncertain, 0.42), theme.prediction, 0.75));
    ink.line(found.flatMap(({ certain }, k) => box(k, certain, 0.5).slice(1, 3)), theme.multinomial, 1.8, DASH.multinomial);
    ink.line([[at.x(votes[0]), BOTTOM], [at.x(votes[0]), TOP]], theme.truth, 1.5, DASH.votes), ink.wedge(at.x(votes[0]), BOTTOM);
  },
  push(ink, theme, { answers, votes, concentration: a }) {
    const n = sum(votes), ours = push(votes, a), plain = votes.map((k, i) => k - (n * a[i]) / sum(a)), now = written(a);
    const at = axes(ink, theme, [0.02, 9e4], [0, 1], { log: true, xTicks: [0.1, 1, 10, 100, 1000], label: "concentration; push [nat]" });
    const arrow = (start, nat, y, color, face) => {
      const strength = Math.abs(nat) / (Math.abs(nat) + 4), side = 5 * Math.sign(nat); // 4 nat: half as long as can be
      const tip = at.x(start * 10 ** (0.18 * side * strength));
      const head = [[tip + side, y], [tip - side, y - 6], [tip - side, y + 6], [tip + side, y]];
      if (strength > 0.01) ink.line([[at.x(start), y], [tip, y]], color, 2), ink.fill(head, face), ink.line(head, color, 1.5);
      ink.ring(at.x(start), y, 4, color, face), ink.text(RIGHT, y + 4, signed(nat), { align: "right" });
    };
    answers.forEach((name, i) => {
      const top = 36 + (i * 186) / a.length;
      ink.text(LEFT, top + 9, `${short(name)}  ${now.parts[i]}`, { bold: true });
      arrow(a[i], ours[i], top + 24, theme.prediction, theme.prediction);
      arrow(a[i], plain[i], top + 42, theme.multinomial, theme.paper);
    });
    ink.legend([["●", theme.prediction, "this loss"], ["○", theme.multinomial, "multinomial"]]);
  },
  price(ink, theme, state) {
    const { votes, concentration: a, trace } = state, low = lowest(state), now = loss(votes, a), plain = multinomial(votes, a);
    const seen = [...low.curve, now, plain, ...trace.map((it) => it.loss), 1], top = 1.06 * most(seen);
    const at = axes(ink, theme, [0.2, 1000], [-0.04 * top, top], { log: true, xTicks: [1, 10, 100, 1000], yTicks: ticks(top),
      label: "total concentration, same mean", unit: "nat" });
    ink.line([[LEFT, at.y(plain)], [RIGHT, at.y(plain)]], theme.multinomial, 1.8, DASH.multinomial);
    ink.line(TOTALS.map((total, i) => [at.x(total), at.y(low.curve[i])]), theme.prediction, 2.5);
    ink.line(trace.map((it) => [at.x(it.total), at.y(it.loss)]), theme.truth, 2);
    const entries = [["—", theme.prediction, `this loss ${now.toFixed(2)}`], ["--", theme.multinomial, `multinomial ${plain.toFixed(2)}`]];
    if (sum(votes) && low.total < Infinity) {
      const [x, y] = [at.x(low.total), at.y(low.loss)];
      ink.line([[x, y - 8], [x, y + 8]], theme.ink, 2.5), entries.push(["|", theme.ink, `lowest ${low.loss.toFixed(2)}`]);
    }
    if (trace.length) entries.push(["—", theme.truth, `${trace.length - 1} steps`]);
    ink.ring(at.x(sum(a)), at.y(now), 5.5, theme.prediction, theme.paper, 3), ink.legend(entries);
  },
  urn(ink, theme, { answers, votes, concentration: a, order }) {
    const total = sum(a) + sum(votes), drawn = order ?? votes.flatMap((k, i) => Array(k).fill(i));
    const [across, step, size] = drawn.length > 96 ? [53, 6, 2.2] : [32, 10, 3.6];
    const ball = (x, y, i, r) => { // filled, hollow, hollow with a dot: not by colour alone
      ink.ring(x, y, r, theme.tiers[i], i ? theme.paper : theme.tiers[i]);
      if (i === 2) ink.ring(x, y, r / 5, theme.tiers[i], theme.tiers[i], r / 5);
    };
    answers.forEach((name, i) => {
      const y = 10 + 17 * i, share = (a[i] + votes[i]) / total;
      ball(10, y, i, 5), ink.text(22, y + 4, short(name), { size: 12 }), ink.text(322, y + 4, share.toFixed(2), { align: "right", size: 12 });
      ink.fill([[150, y - 5], [150 + 138 * share, y - 5], [150 + 138 * share, y + 5], [150, y + 5]], theme.tiers[i]);
    });
    drawn.forEach((i, j) => ball(8 + step * (j % across), 63 + step * Math.floor(j / across), i, size));
  },
};
/** The density over the triangle, in small squares. */
function shade({ g }, theme, of) {
  const cells = [], side = SIDE / 90;
  for (let y = 0.5; y < 90 * HALF; y++)
    for (let x = 0.5; x < 90; x++) {
      const shares = sharesAt(x / 90, y / 90), least = Math.min(...shares);
      if (least > 0) cells.push({ x: FOOT[0] + (x - 0.5) * side, y: FOOT[1] - (y + 0.5) * side, value: of(shares), inner: least > 0.02 });
    }
  const top = Math.max(1e-9, most(cells.filter((it) => it.inner).map((it) => it.value))); // it may be boundless at the sides
  g.fillStyle = theme.prediction;
  for (const { x, y, value } of cells) (g.globalAlpha = Math.min(value / top, 1) ** 0.6), g.fillRect(x, y, side + 0.2, side + 0.2);
  g.globalAlpha = 1;
}
/** Every split of the votes in the triangle, with its chance as its area. */
function dots(ink, theme, answers, votes, found) {
  const n = sum(votes), largest = (0.62 * SIDE) / (n + 1.5); // neighbours just touch
  const inner = found.filter(({ split }) => Math.min(...split) > 0.02 * n), certain = most(found.map((it) => it.certain));
  const usual = most((inner.length ? inner : found).map((it) => it.uncertain));
  for (const { split, uncertain } of found.filter((it) => it.uncertain > 0.01 * usual))
    ink.ring(...place(split.map((k) => k / n)), largest * Math.sqrt(Math.min(uncertain / usual, 1)), theme.paper, theme.prediction, 0.3);
  for (const it of found.filter((it) => it.certain > 0.1 * certain))
    ink.ring(...place(it.split.map((k) => k / n)), largest * Math.sqrt(it.certain / certain), theme.multinomial, null, 1, [3, 2]);
  triangle(ink, theme, answers), ink.wedge(...place(votes.map((k) => k / n)));
}

// ---- the page
const KEYS = ["answers", "votes", "concentration"];
/** The state: what Python knows of it, the past, and what moves by itself. */
function makeState(model, show) {
  const { range, names: more } = model.get("settings"), within = (numbers) => numbers.map((x) => clip(x, ...range));
  const read = () => ({ ...Object.fromEntries(KEYS.map((key) => [key, model.get(key)])), trace: [], order: null });
  const it = { now: read(), past: [], names: [...model.get("answers"), ...more.slice(model.get("answers").length)] };
  let changedAt = -Infinity, running = 0, telling = false;
  const tell = () => {
    telling = true; // what is set first is heard before the rest is set
    KEYS.forEach((key) => model.set(key, it.now[key])), model.save_changes(), (telling = false);
  };
  const stop = () => running && (cancelAnimationFrame(running), (running = 0), tell());
  const change = (changes, keep = true) => {
    if (keep && performance.now() - changedAt > 400) it.past.push(it.now); // what follows at once is taken back with it
    changedAt = keep ? performance.now() : -Infinity;
    it.now = { ...it.now, trace: [], order: null, ...changes };
    it.names.splice(0, it.now.answers.length, ...it.now.answers);
    if (!running) tell();
    show();
  };
  /** Act so many times, once a frame; Python is told at the end. */
  const repeat = (times, act) => (running = requestAnimationFrame(() => (act(), times > 1 ? repeat(times - 1, act) : stop())));
  const learn = () => {
    const { votes, concentration: a, trace } = it.now;
    const next = within(push(votes, a).map((nat, i) => a[i] * Math.exp(clip(0.1 * nat, -1, 1))));
    const point = (a) => ({ total: sum(a), mean: a.map((x) => x / sum(a)), loss: loss(votes, a) });
    change({ concentration: next, trace: [...(trace.length ? trace : [point(a)]), point(next)] });
  };
  const ball = () => {
    const { votes, concentration: a, order } = it.now, chances = a.map((x, i) => (votes[i] < 60 ? x + votes[i] : 0));
    let left = Math.random() * sum(chances);
    const drawn = chances.findIndex((chance) => (left -= chance) < 0);
    if (drawn < 0) return;
    change({ votes: votes.map((k, i) => k + (i === drawn)), order: [...(order ?? votes.flatMap((k, i) => Array(k).fill(i))), drawn] });
  };
  const empty = () => change({ votes: it.now.votes.map(() => 0) });
  const draw = (n = sum(it.now.votes)) => n && ((running = -1), empty(), repeat(n, ball));
  const undo = () => it.past.length && change(it.past.pop(), false);
  const hear = () => {
    const next = read();
    if (telling || new Set(KEYS.map((key) => next[key].length)).size > 1) return; // the rest of a change is on its way
    if (KEYS.every((key) => JSON.stringify(next[key]) === JSON.stringify(it.now[key]))) return;
    cancelAnimationFrame(running), (running = 0), change(next);
  };
  return Object.assign(it, { change, within, stop, hear, acts: { step: learn, train: () => repeat(100, learn), ball, draw, empty, undo } });
}
function render({ model, el }) {
  const { examples, markup, themes } = model.get("settings"), over = new AbortController(), root = document.createElement("div");
  root.className = "gzkit-loss", root.innerHTML = markup;
  const find = (name) => root.querySelector(`[name=${name}]`), panels = [...root.querySelectorAll("canvas")];
  find("example").append(...Object.keys(examples).map((name) => new Option(name)), new Option("Your own", ""));
  let theme = themes.light, waiting = 0;
  const show = () => (waiting ||= requestAnimationFrame(draw)), state = makeState(model, show);
  function draw() {
    waiting = 0;
    const { answers, votes, concentration: a } = state.now, now = written(a), words = describe(state.now);
    for (const canvas of panels) {
      const key = canvas.dataset.panel;
      DRAW[key](pen(canvas, theme), theme, state.now);
      canvas.setAttribute("aria-label", words[key]);
    }
    set("total", Math.log10(sum(a)), now.total, "Total concentration");
    state.names.forEach((name, i) => {
      set(`concentration${i}`, Math.log10(a[i]), now.parts[i], `Concentration: ${name}`);
      set(`votes${i}`, votes[i], votes[i], `Votes: ${name}`);
    });
    const fits = (key) => String(examples[key].map((numbers) => numbers.slice(0, answers.length))) === String([votes, a]);
    find("example").value = Object.keys(examples).find(fits) ?? "";
    find("count").value = answers.length;
    find("undo").ariaDisabled = String(!state.past.length); // disabled, it would lose the keyboard
    root.querySelector("[aria-live]").textContent = words.price;
  }
  function set(key, at, words, title) {
    const input = find(key), [name, , output] = input.parentElement.children;
    input.parentElement.hidden = at === undefined || Number.isNaN(at);
    if (Math.abs(at - input.value) > input.step / 2) input.value = at; // a number between two steps stays where it is
    name.textContent = name.title = title, output.textContent = words;
    input.ariaValueText = words;
  }
  function take({ name, value }) {
    const { votes, concentration: a, answers } = state.now, x = Number(value), i = Number(name.slice(-1));
    if (name === "total") state.change({ concentration: state.within(a.map((old) => (old * 10 ** x) / sum(a))) });
    else if (name.startsWith("votes")) state.change({ votes: votes.with(i, x) });
    else if (name.startsWith("concentration")) state.change({ concentration: a.with(i, Math.round(10 ** (x + 2)) / 100) });
    else if (name === "count") state.change({ answers: state.names.slice(0, x), votes: [...votes, 2].slice(0, x), concentration: [...a, a.at(-1)].slice(0, x) });
    else if (value) state.change({ votes: examples[value][0].slice(0, answers.length), concentration: examples[value][1].slice(0, answers.length) });
  }
  state.acts.save = () => { // the panels with their titles, as one PNG
    const four = panels.slice(-4), { width, height } = four[0], whole = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2.2 * height });
    const g = whole.getContext("2d"), at = (i) => [(i % 2) * width, (i > 1) * 1.1 * height];
    Object.assign(g, { fillStyle: theme.paper }).fillRect(0, 0, whole.width, whole.height), four.forEach((it, i) => g.drawImage(it, at(i)[0], at(i)[1] + 0.1 * height));
    Object.assign(g, { fillStyle: theme.ink, textAlign: "center", font: `${0.06 * height}px sans-serif` });
    four.forEach((it, i) => g.fillText(it.previousElementSibling.textContent, at(i)[0] + width / 2, at(i)[1] + 0.075 * height));
    Object.assign(document.createElement("a"), { href: whole.toDataURL(), download: "loss.png" }).click();
  };
  const listen = (target, type, act) => target.addEventListener(type, act, { signal: over.signal });
  listen(root, "input", ({ target }) => (state.stop(), take(target)));
  listen(root, "click", ({ target }) => target.matches("button") && (state.stop(), state.acts[target.name]()));
  listen(root, "focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = "true")); // the notebook's own keys
  listen(root, "keydown", (event) => {
    event.stopPropagation();
    if ((event.ctrlKey || event.metaKey) && event.key === "z") event.preventDefault(), state.stop(), state.acts.undo();
  });
  listen(root, "pointerdown", (event) => {
    if (event.target.matches("[data-panel=belief], [data-panel=votes]")) state.stop(), event.target.setPointerCapture(event.pointerId), drag(event, state);
  });
  listen(root, "pointermove", (event) => event.target.hasPointerCapture?.(event.pointerId) && event.target.dataset.panel && drag(event, state));
  const follow = () => {
    const color = (it) => getComputedStyle(it).backgroundColor.match(/[\d.]+/g).map(Number);
    const paper = (it) => (it.parentElement && color(it)[3] === 0 ? paper(it.parentElement) : color(it));
    const [red, green, blue, opacity = 1] = paper(el);
    theme = opacity > 0 && 0.3 * red + 0.59 * green + 0.11 * blue < 128 ? themes.dark : themes.light;
    Object.assign(root.style, { colorScheme: theme.name, color: theme.ink });
    show();
  };
  const watch = new MutationObserver(() => setTimeout(follow, 300)), resized = new ResizeObserver(follow);
  watch.observe(document.body, { attributes: true }), resized.observe(root); // a theme's style sheet comes a little later
  listen(matchMedia("(prefers-color-scheme: dark)"), "change", follow);
  KEYS.forEach((key) => model.on(`change:${key}`, state.hear)), el.append(root);
  return () => {
    over.abort(), watch.disconnect(), resized.disconnect(), KEYS.forEach((key) => model.off(`change:${key}`, state.hear));
  };
}
/** The mean of the belief, or the votes among so many volunteers, follow the pointer. */
function drag({ clientX, clientY, target: canvas }, { now, change, within }) {
  const box = canvas.getBoundingClientRect(), n = sum(now.votes);
  const [x, y] = [clientX - box.x, clientY - box.y].map((it) => (it / box.width) * FULL), first = (x - LEFT) / (RIGHT - LEFT);
  const raw = now.answers.length === 2 ? [first, 1 - first] : sharesAt((x - FOOT[0]) / SIDE, (FOOT[1] - y) / SIDE);
  const inside = raw.map((share) => clip(share, 0.002, 1)), shares = inside.map((share) => share / sum(inside));
  if (canvas.dataset.panel === "belief") return change({ concentration: within(shares.map((share) => share * sum(now.concentration))) });
  const upTo = shares.map((_, i) => Math.round(n * sum(shares.slice(0, i + 1))));
  change({ votes: upTo.map((k, i) => Math.min(k - (upTo[i - 1] ?? 0), 60)) });
}
/** Pictures in a page without a kernel come to life; each holds its state. */
export function wake() {
  for (const el of document.querySelectorAll(".gzkit-still[data-state]")) {
    const state = JSON.parse(el.dataset.state), set = (key, value) => (state[key] = value), nothing = () => {};
    el.removeAttribute("data-state"), el.replaceChildren();
    render({ el, model: { get: (key) => state[key], set, save_changes: nothing, on: nothing, off: nothing } });
  }
}
export default { render };
