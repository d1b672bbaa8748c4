/** `3.2.0`, `4.0.4`: what of a firmware's name can be compared. */
export type FirmwareVersion = readonly [number, number, number];

/** The first dotted number of a text such as `RUI_4.2.1_RAK3172-E` or `V1.0.4`. */
export function firmwareVersionOf(text: string): FirmwareVersion | undefined {
  const [, major, minor, patch] = /(\d{1,3})\.(\d{1,3})\.(\d{1,3})/.exec(text) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  return [Number(major), Number(minor), Number(patch)];
}

export function isAtLeast(version: FirmwareVersion, other: FirmwareVersion): boolean {
  for (const [index, part] of version.entries()) {
    const against = other[index] ?? 0;
    if (part !== against) return part > against;
  }
  return true;
}
