import { BEACON_PERIOD_S } from "#scenarios/session.ts";
import { durationText, tableText } from "#tools/run/words.ts";
import type { Plan } from "./plan.ts";

/** A plan for a person. */
export function planText(plan: Plan): string {
  const { resolved, prediction, sentBytes, warnings, problem, fittingDrs } = plan;
  const { session, multicastAirtimeS, campaigns, spacingS, trials, leftOut } = prediction;
  const { campaign, regional, devices } = resolved;
  const { gateways } = campaign;
  const eachS = multicastAirtimeS / (campaigns * gateways);
  const dutyPercent = (100 * eachS) / (session.totalFragments * spacingS);
  const unitS = campaign.sessionClass === "B" ? BEACON_PERIOD_S : 1;
  const sessionS = (session.totalFragments + 1) * spacingS;
  const needed = (percent: number | undefined) =>
    percent === undefined ? `more than ${plan.triedPercent} %` : `${percent} %`;
  const lines = [
    `${resolved.name} · ${sentBytes} bytes to ${devices.count} devices · ${regional.region.name} DR${campaign.dr}, ${campaign.frequencyHz / 1e6} MHz`,
    "",
    `fragments   ${session.nbFrag} of ${campaign.fragSize} bytes (${session.paddingBytes} of padding) + ${session.codedFragments} coded (${campaign.redundancyPercent} %)`,
    `pace        a frame every ${spacingS.toFixed(2)} s`,
    `air time    ${multicastAirtimeS.toFixed(1)} s${sharedBy(campaigns, gateways)} ${dutyPercent.toFixed(1)} % of the session`,
    `session     ${durationText(sessionS)}; TimeOut ${session.timeoutExponent}, ${durationText(unitS * 2 ** session.timeoutExponent)}`,
    `expected    ${percentText(prediction.updatedShare)} of the devices updated; the whole fleet: ${percentText(prediction.fleetChance)}`,
    `for ${percentText(plan.target)}     a device needs ${needed(plan.forDevicePercent)}, the whole fleet ${needed(plan.forFleetPercent)}`,
    "",
    tableText([
      ["redundancy", "coded", "session", "device decodes"],
      ...plan.rows.map(({ percent, codedFragments, sessionS: seconds, deviceChance }) => [
        `${percent} %${percent === campaign.redundancyPercent ? " *" : ""}`,
        String(codedFragments),
        durationText(seconds),
        percentText(deviceChance),
      ]),
    ]),
    `Chances: ${trials} devices with the real parity rows${leftOut.length === 0 ? "" : `; left out: ${leftOut.join(", ")}`}.`,
    ...warnings.map((text) => `! ${text}`),
    ...(problem === undefined ? [] : [`✗ does not fit: ${problem.path.join(".")} ${problem.text}`]),
    // Another data rate is no cure for what is not of the campaign.
    ...(problem?.path[0] !== "campaign"
      ? []
      : [
          fittingDrs.length === 0
            ? "  no data rate of the region carries it in one class C session; use class B (campaign.sessionClass), send a patch (firmware.deltaPercent), less redundancy or a smaller image"
            : `  it fits at DR${fittingDrs.join(", DR")}`,
        ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** What a cell has several of; a share of the session is of one. */
function sharedBy(campaigns: number, gateways: number): string {
  const parts = [
    ...(campaigns === 1 ? [] : [`in ${campaigns} campaigns`]),
    ...(gateways === 1 ? [] : [`on ${gateways} gateways`]),
  ];
  return parts.length === 0 ? "," : ` ${parts.join(" ")}, each`;
}

/** As many digits as tell it from 0 and 100 %. */
function percentText(share: number): string {
  const percent = 100 * share;
  const distance = Math.min(percent, 100 - percent);
  if (distance === 0) return `${percent} %`;
  const digits = distance >= 1 ? 1 : distance >= 0.1 ? 2 : 3;
  return `${percent.toFixed(digits)} %`;
}
