import type { ServerDevice } from "./device.ts";

/**
 * What a request of attributes is answered: parts only where there is something in them, everything
 * without keys. Keys are one text with commas.
 */
export function attributesOfQuery(
  device: ServerDevice,
  sharedKeys: string | null,
  clientKeys: string | null,
): Readonly<Record<string, unknown>> {
  const isAll = sharedKeys === null && clientKeys === null;
  const parts: Record<string, unknown> = {};
  addPart(parts, "client", device.client, clientKeys, isAll);
  addPart(parts, "shared", device.shared, sharedKeys, isAll);
  return parts;
}

function addPart(
  parts: Record<string, unknown>,
  name: string,
  values: ReadonlyMap<string, unknown>,
  keys: string | null,
  isAll: boolean,
): void {
  const wanted = keys?.split(",");
  const found = [...values].filter(([key]) => isAll || wanted?.includes(key));
  if (found.length > 0) parts[name] = Object.fromEntries(found);
}
