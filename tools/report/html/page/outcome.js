import { command, count, el, number, percent, soft, tableOf } from "./elements.js";

const STATES = [
  ["updated", "updated"],
  ["failed", "failed"],
  ["rolledBack", "rolled back"],
  ["bricked", "bricked"],
  ["neverReached", "not reached"],
];

/** What came of the run: before anything else. */
export function outcome(run) {
  const { totals, firmware } = run;
  const parts = [el("h1", {}, run.name)];
  if (run.description) parts.push(el("p", {}, run.description));
  const size = firmware.patchBytes
    ? `${number(firmware.sizeBytes)} bytes as a patch of ${number(firmware.patchBytes)}`
    : `${number(firmware.sizeBytes)} bytes`;
  const facts = [
    `seed ${run.seed}`,
    count(totals.devices, "device"),
    `firmware ${firmware.version}, ${size}`,
    ...(run.pullsOnly ? [] : [`${run.nbFrag} + ${run.codedFragments} fragments`]),
    run.isLive
      ? `${number(run.virtualSeconds)} s against a real server`
      : `${(run.virtualSeconds / 3600).toFixed(2)} h of virtual time`,
    `fuota ${run.version}`,
  ];
  parts.push(soft(facts.join(" · ")));
  if (run.interrupted) parts.push(el("p", { class: "missed" }, "Interrupted: a part of the run."));
  if (run.shard) {
    parts.push(el("p", {}, `Shard ${run.shard.index} of ${run.shard.count}: no verdict yet.`));
  }
  const tiles = STATES.map(([key, words]) => {
    const mood = totals[key] === 0 ? "none" : key === "updated" ? "good" : "bad";
    return el("div", { class: `tile ${mood}` }, el("b", {}, number(totals[key])), words);
  });
  parts.push(el("div", { class: "tiles" }, ...tiles));
  for (const { name, ok, expected, actual } of run.expectations) {
    const text = `${ok ? "✓ met" : "✗ not met"}: ${name} ${expected} (was ${number(actual)})`;
    parts.push(el("p", { class: ok ? "met" : "missed" }, text));
  }
  parts.push(command("replay: ", run.replay));
  return parts;
}

/** What theory says of the scenario, beside what became of it. */
export function expectedSection({ expected, listening: totals }) {
  const section = el("section", { id: "expected" }, el("h2", {}, "Expected and actual completion"));
  if (expected === null) {
    section.append(soft("Stopped before anything was known."));
    return section;
  }
  const { kinds, share, fleetChance, trials } = expected;
  // Trials that all went well prove no certainty, but this much in 95 of 100.
  const atLeast = 1 - 3 / trials;
  const isSure = kinds.every(({ closedForm }) => closedForm !== null && closedForm > 1 - 1e-9);
  const expectedText = (of, devices) =>
    of === 1 && !isSure ? `> ${percent(atLeast)}` : `${percent(of)} (${(of * devices).toFixed(1)})`;
  const of = (part, all) => (all === 0 ? "–" : `${percent(part / all)} (${number(part)})`);
  const rows = kinds.map((kind) => [
    kind.name,
    kind.devices,
    expectedText(kind.share, kind.devices),
    kind.closedForm === null ? "–" : percent(kind.closedForm),
    of(kind.updated, kind.devices),
  ]);
  if (kinds.length > 1) {
    const all = totals.devices;
    rows.push(["all", all, expectedText(share, all), "–", of(totals.updated, all)]);
  }
  const head = ["kind", "devices", "expected updated", "decodes, closed form", "actual updated"];
  section.append(tableOf("Expected and actual completion", head, rows));
  const whole =
    fleetChance < 1 || isSure ? percent(fleetChance) : wholeText(atLeast, totals.devices);
  const lines = [
    `Expected: the mean of ${number(trials)} devices with the real parity rows, this scenario's losses and its set-up. ${chanceText(expected, totals)}`,
    `Chance that all ${number(totals.devices)} are updated: ${whole}. The closed form is that of a random matrix; where it does not apply there is a dash.`,
  ];
  section.append(...lines.map(soft));
  return section;
}

function wholeText(atLeast, devices) {
  const chance = atLeast ** devices;
  return chance < 0.01 ? "more than so few trials can tell" : `> ${percent(chance)}`;
}

/** How far the actual share may be off, and is. */
function chanceText({ leftOut, spread, share }, { updated, devices }) {
  if (leftOut.length > 0) return `It leaves out ${leftOut.join(", ")}: the run may differ by that.`;
  if (spread === null) {
    return "Devices lose frames together here, so that one run may lie far from the mean of many.";
  }
  const off = Math.abs(updated / Math.max(1, devices) - share);
  const points = (part) => (100 * part).toFixed(2);
  return `By chance alone a run of this size lies within ± ${points(spread)} points in 95 of 100; this one is off by ${points(off)}.`;
}

/** Every reason; the devices behind it are in the table of devices. */
export function failuresSection({ failures, replayDevice, totals }, onReason, onDevice) {
  const section = el("section", { id: "failures" }, el("h2", {}, "Why devices did not make it"));
  if (failures.length === 0) {
    section.append(soft(`All ${number(totals.devices)} did.`));
    return section;
  }
  const rows = failures.map(({ reason, meaning, count: many, example }) => [
    el("button", { class: "link", onclick: () => onReason(reason) }, reason),
    meaning,
    many,
    el("button", { class: "link", onclick: () => onDevice(example) }, `device ${example}`),
    el("code", {}, `${replayDevice} ${example}`),
  ]);
  const head = ["reason", "that is", "devices", "for example", "its replay"];
  section.append(tableOf("Failures by reason", head, rows));
  section.append(soft("A reason lists its devices below; each has a replay command of its own."));
  return section;
}
