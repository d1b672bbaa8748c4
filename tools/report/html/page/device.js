import { command, el, soft } from "./elements.js";

export const [
  ID,
  EUI,
  KIND,
  STATE,
  REASON,
  RECEIVED,
  LOST,
  CODED,
  BEYOND,
  MISSING,
  ENERGY,
  REBOOTS,
  SERVER,
] = Array.from({ length: 13 }, (_, at) => at);

const KINDS = [
  ["received", "received"],
  ["rebuilt", "missed and rebuilt"],
  ["lost", "lost"],
  ["unheard", "not listened for, or not sent"],
];

function bitsOf(text) {
  const bytes = atob(text);
  return (index) => ((bytes.charCodeAt(index >> 3) || 0) >> (index & 7)) & 1;
}

/** What became of frames `from` until before `end`. */
function cells(words, from, end, kindOf) {
  const counts = {};
  const marks = [];
  for (let index = from; index < end; index++) {
    const kind = kindOf(index);
    counts[kind] = (counts[kind] ?? 0) + 1;
    marks.push(el("i", { class: kind, title: `fragment ${index + 1}: ${kind}` }));
  }
  const said = KINDS.filter(([kind]) => counts[kind]).map(
    ([kind, text]) => `${counts[kind]} ${text}`,
  );
  const label = `${words} ${from + 1} to ${end}: ${said.join(", ")}`;
  return [soft(label), el("div", { class: "map", role: "img", "aria-label": label }, ...marks)];
}

function fragmentMap(run, row) {
  if (row[EUI] === "") return [];
  const map = run.maps[row[ID]];
  if (map === undefined) return [soft("Its fragment map was left out.")];
  const [isHeard, isLost] = map.map(bitsOf);
  const { nbFrag, codedFragments, statusEvery } = run;
  const frameOf = (at) => (statusEvery === null ? at : at + Math.floor(at / statusEvery));
  const heard = (at) => isHeard(frameOf(at));
  const lost = (at) => isLost(frameOf(at));
  const isWhole = row[MISSING] === 0 && row[RECEIVED] > 0;
  const uncoded = (at) =>
    heard(at) ? "received" : isWhole ? "rebuilt" : lost(at) ? "lost" : "unheard";
  const coded = (at) => (heard(at) ? "received" : lost(at) ? "lost" : "unheard");
  const parts = cells("Uncoded fragments", 0, nbFrag, uncoded);
  if (codedFragments === 0) return parts;
  return [...parts, ...cells("Coded fragments", nbFrag, nbFrag + codedFragments, coded)];
}

function timeline({ timelines: { texts, lines } }, row) {
  const line = lines[row[ID]];
  if (line === undefined) return soft("Its timeline was left out; the replay shows it.");
  const items = [];
  for (let at = 0; at < line.length; at += 2) {
    const seconds = el("span", { class: "time" }, `${line[at].toFixed(3)} s`);
    items.push(el("li", {}, seconds, texts[line[at + 1]]));
  }
  return el("ol", {}, ...items);
}

/** All that the page knows of one device. */
export function deviceParts(run, row) {
  const legend = KINDS.map(([kind, words]) =>
    el("span", {}, el("i", { class: kind }), ` ${words}`),
  );
  const state = row[REASON] ? `${row[STATE]}: ${row[REASON]}` : row[STATE];
  const server = row[SERVER] === "" ? "not complete" : row[SERVER];
  const facts = `${state} · ${row[RECEIVED]} fragments received, ${row[LOST]} lost, ${row[MISSING]} rows missing · ${row[ENERGY].toFixed(2)} J · server: ${server}`;
  return [
    el("h2", {}, `Device ${row[ID]} · ${row[EUI]} · ${row[KIND]}`),
    el("p", {}, facts),
    command("replay: ", `${run.replayDevice} ${row[ID]}`),
    el("p", { class: "key" }, ...legend),
    ...fragmentMap(run, row),
    timeline(run, row),
  ];
}
