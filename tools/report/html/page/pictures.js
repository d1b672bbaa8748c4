import { chart, histogram, panel } from "./charts.js";
import { count, number, percent } from "./elements.js";

const LINES = [
  ["joined", "joined", "soft", [2, 3]],
  ["accepted", "session accepted", "fourth", [8, 4]],
  ["heard", "fragments received", "rebuilt"],
  ["complete", "complete", "third", [6, 3]],
  ["updated", "updated", "good"],
];

/** What the lines mean where nobody listens to fragments. */
const PULL_WORDS = {
  joined: "server reached",
  accepted: "pulling",
  heard: "chunks in flash",
};

export function pictures(run) {
  const times = run.progress.atS.map((at) => at / (run.isLive ? 60 : 3600));
  fleetProgress(run, times);
  if (run.pullsOnly) return;
  rowsNeeded(run);
  losses(run);
  dutyCycle(run, times);
  const until = "Until the block was complete, by the currents of the device's radio modes.";
  histogram("Energy to completion", run.energyToComplete, "energy of a device, J", "third", until);
  const all = "From power-on to the end of the run: a device listens on until its session ends.";
  histogram("Energy in all", run.energy, "energy of a device, J", "third", all);
}

function fleetProgress({ progress, pullsOnly, isLive }, times) {
  const series = LINES.map(([key, words, ink, dash]) => ({
    label: `${(pullsOnly && PULL_WORDS[key]) || words}, %`,
    ink,
    dash,
    values: progress[key],
  }));
  const place = panel(
    "Fleet progress",
    pullsOnly
      ? "Of chunks: the mean over all devices."
      : "Of fragments: the mean over all devices.",
    true,
  );
  chart(place, times, series, [timeAxis(isLive), "% of devices"], 280);
}

function timeAxis(isLive) {
  return isLive ? "time, min" : "virtual time, h";
}

function rowsNeeded({
  rowsNeeded: { devices, meanBeyond, seen, closedForm, closedFormMean },
  expected,
}) {
  const title = "Fragments needed beyond the lost ones";
  if (devices === 0) return chart(panel(title, "No device needed parity."), [], [], []);
  const percents = (shares) => seen.map((_, at) => 100 * (shares[at] ?? 0));
  const series = [{ label: "devices, %", ink: "coded", bars: true, values: percents(seen) }];
  const rows = expected?.rowsBeyond ?? [];
  if (rows.length > 0) {
    series.push({ label: "real rows, %", ink: "good", points: true, values: percents(rows) });
  }
  series.push({
    label: "random matrix, %",
    ink: "bad",
    dash: [5, 4],
    points: true,
    values: percents(closedForm),
  });
  const mean = rows.reduce((sum, share, at) => sum + at * share, 0);
  const simulated = rows.length > 0 ? `, ${mean.toFixed(2)} by the real parity rows` : "";
  const note = `Mean ${meanBeyond.toFixed(2)} over ${count(devices, "device")} that used parity${simulated}, ${closedFormMean.toFixed(2)} by the closed form for their losses.`;
  chart(
    panel(title, note),
    seen.map((_, at) => at),
    series,
    ["coded fragments more than lost ones", "% of devices"],
  );
}

function losses({ loss, bursts, losses: all, sharedLosses }) {
  const shared =
    all === 0
      ? "Nothing was lost."
      : `${percent(sharedLosses / all)} of ${number(all)} losses were of frames that the whole group lost.`;
  histogram("Loss seen by a device", loss, "% of the frames lost", "bad", shared);
  const last = bursts.findLastIndex((one) => one > 0);
  const shown = last < 0 ? [] : bursts.slice(0, Math.max(8, last + 1));
  const total = bursts.reduce((sum, one) => sum + one, 0);
  const mean = all / Math.max(1, total);
  const cap = shown.length === bursts.length ? " The last bar holds all longer ones." : "";
  chart(
    panel("Losses in a row", total === 0 ? "" : `Mean ${mean.toFixed(2)} frames.${cap}`),
    shown.map((_, at) => at + 1),
    [{ label: "bursts", ink: "bad", bars: true, values: shown }],
    ["frames lost in a row", "bursts"],
  );
}

function dutyCycle({ progress: { dutyPercent, gateways, airtimeS }, isLive }, times) {
  const each = airtimeS / Math.max(1, gateways);
  const note = `Air time over the hour before. ${count(gateways, "gateway")} sent ${number(airtimeS)} s in all, ${number(each)} s each on average.`;
  chart(
    panel("Air time of the busiest gateway", note),
    times,
    [{ label: "duty cycle, %", ink: "third", values: dutyPercent }],
    [timeAxis(isLive), "duty cycle, % of an hour"],
  );
}
