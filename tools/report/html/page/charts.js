import { count, el, number, soft, tableOf } from "./elements.js";

const draws = [];
export const grid = el("div", { class: "grid" });

/** A titled place in the grid for a chart, or for what says that there is none. */
export function panel(title, note, isWide = false) {
  const place = el("div", { class: "chart" });
  const section = el("section", isWide ? { class: "wide" } : {}, el("h2", {}, title), place);
  if (note) section.append(soft(note));
  grid.append(section);
  return { title, place, section };
}

function axis(label, size) {
  const ink = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
  return {
    label,
    labelSize: 20,
    labelGap: 2,
    size,
    font: "12px system-ui, sans-serif",
    labelFont: "12px system-ui, sans-serif",
    stroke: ink("soft"),
    grid: { stroke: ink("line"), width: 1 },
    ticks: { stroke: ink("line"), width: 1, size: 5 },
  };
}

function seriesOf({ label, ink, bars, dash, points }) {
  const colour = getComputedStyle(document.documentElement).getPropertyValue(`--${ink}`);
  return {
    label,
    stroke: colour,
    width: bars ? 0 : 2,
    points: { show: points === true, size: 7, fill: colour },
    value: (_, value) => (value === null || value === undefined ? "" : number(value)),
    ...(dash ? { dash } : {}),
    ...(bars ? { fill: colour, paths: uPlot.paths.bars({ size: [0.82, 60] }) } : {}),
  };
}

/** `series`: { label, ink, values, bars?, dash?, points? }; `labels`: of the axes, with units. */
export function chart({ title, place, section }, xs, series, labels, height = 220) {
  if (xs.length === 0) return place.append(soft("Nothing to show."));
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", `${title}: ${labels[1]} by ${labels[0]}`);
  const isBars = series.some(({ bars }) => bars);
  const step = xs.length > 1 ? xs[1] - xs[0] : 1;
  const pad = isBars ? step * 0.6 : 0;
  draws.push(() => {
    place.replaceChildren();
    new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height,
        padding: [8, 14, 0, 0],
        cursor: { y: false, drag: { x: false, y: false } },
        scales: {
          x: { time: false, range: (_, low, high) => [low - pad, high + pad] },
          y: { range: (_, __, high) => [0, high > 0 ? high * 1.05 : 1] },
        },
        axes: [axis(labels[0], 30), axis(labels[1], 52)],
        series: [
          { label: labels[0], value: (_, value) => (value === null ? "" : number(value)) },
          ...series.map(seriesOf),
        ],
      },
      [xs, ...series.map(({ values }) => values)],
      place,
    );
  });
  section.append(figures(title, xs, series, labels));
}

/** The same as numbers, made when somebody opens it. */
function figures(title, xs, series, labels) {
  const every = Math.ceil(xs.length / 48);
  const open = ({ target }) => {
    if (!target.open || target.children.length > 1) return;
    const rows = xs
      .map((x, at) => [x, ...series.map(({ values }) => values[at])])
      .filter((_, at) => at % every === 0 || at === xs.length - 1);
    const head = [labels[0], ...series.map(({ label }) => label)];
    target.append(tableOf(`${title}, figures`, head, rows));
  };
  return el("details", { class: "figures", ontoggle: open }, el("summary", {}, "figures"));
}

export function histogram(title, { middles, counts, outside }, label, ink, note) {
  const range = outside === null ? "" : `${number(outside.low)} to ${number(outside.high)}`;
  const tail =
    outside === null
      ? ""
      : ` Not shown: ${count(outside.count, "device")} far from the others; the whole range is ${range}.`;
  const series = [{ label: "devices", ink, bars: true, values: counts }];
  chart(panel(title, `${note}${tail}`), middles, series, [label, "devices"]);
}

export function drawAll() {
  for (const draw of draws) draw();
}
