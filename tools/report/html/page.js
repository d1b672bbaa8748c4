// The script of a report's page: plain, and alone with its data.
const data = JSON.parse(document.getElementById("data").textContent);
const main = document.querySelector("main");
const [ID, EUI, KIND, STATE, REASON, RECEIVED, LOST, CODED, BEYOND, MISSING, ENERGY] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
];
const PAGE = 50;

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);

function head() {
  const { totals } = data;
  main.append(el("h1", {}, data.name));
  if (data.description) main.append(el("p", {}, data.description));
  const facts = `seed ${data.seed} · ${totals.devices} devices · firmware ${data.firmware.version}, ${data.firmware.sizeBytes} bytes · ${data.nbFrag} fragments · ${(data.virtualSeconds / 3600).toFixed(2)} h of virtual time · fuota ${data.version}`;
  main.append(el("p", { class: "soft" }, facts));
  if (data.interrupted) main.append(el("p", { class: "missed" }, "Interrupted: a part of it."));
  if (data.shard) {
    main.append(el("p", {}, `Shard ${data.shard.index} of ${data.shard.count}: no verdict yet.`));
  }
  const states = [
    ["updated", "updated"],
    ["failed", "failed"],
    ["rolledBack", "rolled back"],
    ["bricked", "bricked"],
    ["neverReached", "not reached"],
  ];
  const tiles = states.map(([key, words]) => {
    const mood = key === "updated" ? "good" : totals[key] > 0 ? "bad" : "none";
    return el("div", { class: `tile ${mood}` }, el("b", {}, String(totals[key])), words);
  });
  main.append(el("div", { class: "tiles" }, ...tiles));
  if (data.expected) {
    const { share, leftOut } = data.expected;
    const percent = (part) => `${(100 * part).toFixed(1)} %`;
    const left = leftOut.length === 0 ? "" : `; not counted: ${leftOut.join(", ")}`;
    const was = percent(totals.updated / Math.max(1, totals.devices));
    const text = `planned: ${percent(share)} of the devices updated (was ${was})${left}`;
    main.append(el("p", { class: "soft" }, text));
  }
  for (const { name, ok, expected, actual } of data.expectations) {
    const text = `${ok ? "✓ met" : "✗ not met"}: ${name} ${expected} (was ${actual})`;
    main.append(el("p", { class: ok ? "met" : "missed" }, text));
  }
  main.append(el("p", {}, "replay: ", el("code", {}, data.replay)));
}

const charts = [];
const grid = el("div", { class: "grid" });

function panel(title, note, isWide = false) {
  const section = el("section", isWide ? { class: "wide" } : {}, el("h2", {}, title));
  const place = el("div");
  section.append(place);
  if (note) section.append(el("p", { class: "soft" }, note));
  grid.append(section);
  return place;
}

function chart(place, xs, series, labels, height = 220) {
  const draw = () => {
    place.replaceChildren();
    const axis = (label) => ({
      label,
      labelSize: 18,
      size: 56,
      stroke: colour("soft"),
      grid: { stroke: colour("line"), width: 1 },
      ticks: { stroke: colour("line"), width: 1 },
    });
    const isBars = series.some(({ bars }) => bars);
    const first = xs[0] ?? 0;
    const step = xs.length > 1 ? xs[1] - first : 1;
    const pad = isBars ? step * 0.6 : 0;
    new uPlot(
      {
        width: Math.max(200, place.clientWidth),
        height,
        scales: {
          x: { time: false, range: (_, low, high) => [low - pad, high + pad] },
          y: { range: (_, __, high) => [0, high > 0 ? high * 1.05 : 1] },
        },
        axes: [axis(labels[0]), axis(labels[1])],
        series: [
          { label: labels[0] },
          ...series.map(({ label, ink, bars, dash }) => ({
            label,
            stroke: colour(ink),
            width: 2,
            points: { show: false },
            ...(dash ? { dash } : {}),
            ...(bars ? { fill: colour(ink), paths: uPlot.paths.bars({ size: [0.8, 60] }) } : {}),
          })),
        ],
      },
      [xs, ...series.map(({ values }) => values)],
      place,
    );
  };
  charts.push(draw);
}

function histogram(place, values, label, ink) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (values.length === 0) return place.append("Nothing to show.");
  const width = Math.max((high - low) / 24, high / 1000, 1e-6);
  const counts = new Array(Math.floor((high - low) / width) + 1).fill(0);
  for (const value of values) counts[Math.floor((value - low) / width)] += 1;
  const xs = counts.map((_, at) => low + (at + 0.5) * width);
  chart(place, xs, [{ label: "devices", ink, bars: true, values: counts }], [label, "devices"]);
}

function pictures() {
  const { progress } = data;
  const hours = progress.atS.map((at) => at / 3600);
  const lines = [
    ["joined", "soft", [2, 3]],
    ["accepted", "fourth", [8, 4]],
    ["heard", "rebuilt"],
    ["complete", "third", [6, 3]],
    ["updated", "good"],
  ];
  const words = { accepted: "session accepted", heard: "fragments received" };
  chart(
    panel("Fleet progress", "Share of the devices; of fragments, the mean over all devices.", true),
    hours,
    lines.map(([key, ink, dash]) => ({
      label: `${words[key] ?? key} %`,
      ink,
      dash,
      values: progress[key],
    })),
    ["virtual time, h", "% of devices"],
    280,
  );
  rowsNeeded();
  const seen = data.devices.filter((row) => row[RECEIVED] + row[LOST] > 0);
  const rate = (row) => (100 * row[LOST]) / (row[RECEIVED] + row[LOST]);
  const shared = data.losses > 0 ? (100 * data.sharedLosses) / data.losses : 0;
  const note = `${shared.toFixed(1)} % of the losses were of frames that the whole group lost.`;
  histogram(panel("Loss seen by a device", note), seen.map(rate), "% of frames lost", "bad");
  const last = Math.max(
    7,
    data.bursts.findLastIndex((count) => count > 0),
  );
  const bursts = data.bursts.slice(0, last + 1);
  chart(
    panel("Bursts of lost frames", "The bar at 32 counts all longer ones."),
    bursts.map((_, at) => at + 1),
    [{ label: "bursts", ink: "bad", bars: true, values: bursts }],
    ["frames in a row", "bursts"],
  );
  chart(
    panel(
      "Duty cycle of the busiest gateway",
      `Air time over the hour before. ${progress.gateways} gateways sent ${progress.airtimeS.toFixed(0)} s in all.`,
    ),
    hours,
    [{ label: "% of the hour", ink: "third", values: progress.dutyPercent }],
    ["virtual time, h", "%"],
  );
  const joules = data.devices.map((row) => row[ENERGY]);
  histogram(panel("Energy of the radio"), joules, "J per device", "third");
}

/** P(≤ e rows more) = ∏ over i > e of (1 − 2^−i), for a random matrix. */
function rowsNeeded() {
  const done = data.devices.filter((row) => row[MISSING] === 0 && row[CODED] > 0);
  const most = Math.max(
    8,
    done.reduce((high, row) => Math.max(high, row[BEYOND]), 0),
  );
  const xs = Array.from({ length: Math.min(most, 40) + 1 }, (_, at) => at);
  const counts = xs.map(() => 0);
  for (const row of done) counts[Math.min(row[BEYOND], xs.length - 1)] += 1;
  const atMost = (extra) => {
    let product = 1;
    for (let i = extra + 1; i < extra + 60; i++) product *= 1 - 2 ** -i;
    return product;
  };
  const theory = xs.map((e) => 100 * (atMost(e) - (e > 0 ? atMost(e - 1) : 0)));
  const mean = done.reduce((sum, row) => sum + row[BEYOND], 0) / Math.max(1, done.length);
  chart(
    panel(
      "Rows needed beyond the lost ones",
      `Mean ${mean.toFixed(2)} over ${done.length} devices that used parity; a random matrix needs 1.61.`,
    ),
    xs,
    [
      {
        label: "devices %",
        ink: "coded",
        bars: true,
        values: counts.map((count) => (100 * count) / Math.max(1, done.length)),
      },
      { label: "theory %", ink: "bad", values: theory },
    ],
    ["rows more", "% of devices"],
  );
}

const view = { text: "", onlyFailed: false, sort: ID, isDown: false, page: 0 };
const body = el("tbody");
const count = el("span", { class: "soft", role: "status" });
const detail = el("section", { id: "detail", tabindex: "-1", hidden: "" });
const columns = [
  ["device", ID],
  ["DevEUI", EUI],
  ["kind", KIND],
  ["state", STATE],
  ["reason", REASON],
  ["received", RECEIVED],
  ["lost", LOST],
  ["coded", CODED],
  ["beyond M", BEYOND],
  ["rows missing", MISSING],
  ["energy, J", ENERGY],
];

function rows() {
  const text = view.text.toLowerCase();
  const isShown = (row) =>
    !(view.onlyFailed && row[STATE] === "updated") &&
    (text === "" || row.slice(0, 5).join(" ").toLowerCase().includes(text));
  const sign = view.isDown ? -1 : 1;
  const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  return data.devices
    .filter(isShown)
    .sort((a, b) => sign * compare(a[view.sort], b[view.sort]) || a[ID] - b[ID]);
}

function showTable() {
  const all = rows();
  const pages = Math.max(1, Math.ceil(all.length / PAGE));
  view.page = Math.max(0, Math.min(view.page, pages - 1));
  const shown = all.slice(view.page * PAGE, (view.page + 1) * PAGE);
  count.textContent = `${all.length} devices, page ${view.page + 1} of ${pages}`;
  body.replaceChildren(
    ...shown.map((row) => {
      const open = el("button", { onclick: () => showDevice(row) }, String(row[ID]));
      const cells = columns.slice(1).map(([, at]) => el("td", {}, String(row[at])));
      return el("tr", {}, el("td", {}, open), ...cells);
    }),
  );
}

function table() {
  const change = (patch) => {
    Object.assign(view, { page: 0 }, patch);
    showTable();
  };
  const turn = (by) => change({ page: view.page + by });
  const controls = el(
    "div",
    { class: "controls" },
    el("input", {
      type: "search",
      placeholder: "filter: number, EUI, state, reason",
      "aria-label": "filter devices",
      oninput: ({ target }) => change({ text: target.value }),
    }),
    el(
      "label",
      {},
      el("input", {
        type: "checkbox",
        id: "only-failed",
        onchange: ({ target }) => change({ onlyFailed: target.checked }),
      }),
      " only those not updated",
    ),
    el("button", { onclick: () => turn(-1) }, "‹ previous"),
    el("button", { onclick: () => turn(1) }, "next ›"),
    count,
  );
  const heads = columns.map(([words, at]) => {
    const sort = () => change({ sort: at, isDown: view.sort === at && !view.isDown });
    return el("th", { scope: "col" }, el("button", { onclick: sort }, words));
  });
  const whole = el("table", { id: "devices" }, el("thead", {}, el("tr", {}, ...heads)), body);
  const maps = Object.keys(data.maps).length;
  const timelines = Object.keys(data.timelines).length;
  const total = data.devices.length;
  const note = `This page holds the fragment maps of ${maps} and the timelines of ${timelines} of ${total} devices, those not updated first. The replay command with --device shows any other.`;
  const section = el("section", { id: "devices" }, el("h2", {}, "Devices"), controls);
  section.append(el("div", { class: "scroll" }, whole), el("p", { class: "soft" }, note));
  main.append(section, el("p"), detail);
  showTable();
}

function bits(text) {
  const bytes = atob(text);
  return (index) => (bytes.charCodeAt(index >> 3) >> (index & 7)) & 1;
}

function fragmentMap(row) {
  const map = data.maps[row[ID]];
  if (map === undefined) return el("p", { class: "soft" }, "Its fragment map was left out.");
  const [heard, lost] = map.map(bits);
  const isWhole = row[MISSING] === 0 && row[RECEIVED] > 0;
  const cells = Array.from({ length: atob(map[0]).length * 8 }, (_, index) => {
    const isCoded = index >= data.nbFrag;
    const missed = isWhole && !isCoded ? "rebuilt" : lost(index) ? "lost" : "unheard";
    const kind = heard(index) ? (isCoded ? "coded" : "received") : missed;
    return el("i", { class: kind, title: `fragment ${index + 1}: ${kind}` });
  });
  return el("div", { class: "map", role: "img", "aria-label": "fragment map" }, ...cells);
}

function showDevice(row) {
  const keys = [
    ["received", "received"],
    ["coded", "coded, received"],
    ["rebuilt", "lost and rebuilt"],
    ["lost", "lost"],
    ["unheard", "not listened for, or not sent"],
  ];
  const legend = keys.map(([kind, words]) => el("span", {}, el("i", { class: kind }), ` ${words}`));
  const timeline = data.timelines[row[ID]];
  const list = timeline
    ? el("ol", {}, ...timeline.map(([at, text]) => el("li", {}, `${at.toFixed(3)} s  ${text}`)))
    : el("p", { class: "soft" }, "Its timeline was left out.");
  detail.hidden = false;
  detail.replaceChildren(
    el("h2", {}, `Device ${row[ID]} · ${row[EUI]}`),
    el("p", {}, row[REASON] ? `${row[STATE]}: ${row[REASON]}` : row[STATE]),
    el("p", {}, "replay: ", el("code", {}, data.replay)),
    el("p", { class: "key" }, ...legend),
    fragmentMap(row),
    list,
  );
  detail.focus();
  detail.scrollIntoView();
}

head();
pictures();
main.append(grid);
table();
const drawAll = () => {
  for (const draw of charts) draw();
};
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let timer;
addEventListener("resize", () => {
  clearTimeout(timer);
  timer = setTimeout(drawAll, 150);
});
