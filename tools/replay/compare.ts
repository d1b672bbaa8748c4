import type { Report } from "#tools/report/schema.ts";

/** The first place at which two reports of one run differ, wall time apart; undefined if none. */
export function firstDifference(recorded: Report, replayed: Report): string | undefined {
  const { wallSeconds: _recorded, devices: devicesA, ...a } = recorded;
  const { wallSeconds: _replayed, devices: devicesB, ...b } = replayed;
  for (const [index, device] of devicesA.entries()) {
    const difference = differenceOf(device, devicesB[index], `device ${device.id}`);
    if (difference !== undefined) return difference;
  }
  if (devicesA.length !== devicesB.length) {
    return `${devicesA.length} devices were recorded, ${devicesB.length} replayed`;
  }
  return differenceOf(a, b, "report");
}

export function differenceOf(recorded: object, replayed: object | undefined, name: string) {
  const other: Readonly<Record<string, unknown>> = { ...replayed };
  for (const [key, value] of Object.entries(recorded)) {
    const [a, b] = [JSON.stringify(value), JSON.stringify(other[key])];
    if (a !== b) return `${name}: ${key} was ${short(a)}, is ${short(b)}`;
  }
  return undefined;
}

function short(text: string | undefined): string {
  return text !== undefined && text.length > 60 ? `${text.slice(0, 60)}…` : String(text);
}
