import { toBase64 } from "./base64.ts";
import type { DrogueEvent } from "./cloud.ts";
import { rfc3339 } from "./rfc3339.ts";

/**
 * An event as Drogue's MQTT integration publishes it to `app/{application}`: CloudEvents 1.0 in
 * structured mode. Where it says to be JSON and is, it is not wrapped.
 */
export function cloudEventOf(event: DrogueEvent, id: number, nowUnixMs: number): Uint8Array {
  const { device, sender, channel, contentType, payload } = event;
  const application = device.application.name;
  const json = contentType?.startsWith("application/json") ? parseJson(payload) : undefined;
  const text = JSON.stringify({
    specversion: "1.0",
    id: String(id),
    type: "io.drogue.event.v1",
    source: `drogue://${encodeURIComponent(application)}/${encodeURIComponent(device.name)}`,
    subject: channel,
    time: rfc3339(nowUnixMs),
    datacontenttype: contentType ?? "application/octet-stream",
    application,
    device: device.name,
    sender: sender.name,
    ...(json === undefined ? { data_base64: toBase64(payload) } : { data: json }),
  });
  return new TextEncoder().encode(text);
}

/** `command/{application}/{device}/{name}`, as who answers an event publishes it. */
export function commandTopicOf(
  topic: string,
): { readonly application: string; readonly device: string; readonly name: string } | undefined {
  const [, application, device, name] = /^command\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(topic) ?? [];
  if (application === undefined || device === undefined || name === undefined) return undefined;
  return { application, device, name };
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
