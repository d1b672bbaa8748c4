import type { ModemEvent } from "#hal/serial/modem-event.ts";

/** An event in a few words, as transcripts and tables of tests spell it. */
export function eventText(event: ModemEvent): string {
  switch (event.type) {
    case "received": {
      const { window = "?", rssiDbm, snrDb, cast = "?", fPort, payload } = event.reception;
      const hex = Buffer.from(payload).toString("hex");
      return `received ${window} ${rssiDbm} ${snrDb} ${cast} ${fPort} ${hex}`;
    }
    case "joinFailed":
      return `join failed ${event.detail}`.trim();
    case "confirmed":
      return `confirmed ${event.isOk ? "yes" : "no"}`;
    case "linkCheck":
      return `link ${event.isOk ? "ok" : "lost"} ${event.marginDb} ${event.gateways}`;
    case "time":
      return `time ${event.isOk ? "ok" : "failed"}`;
    case "restricted":
      return `restricted ${event.waitMs}`;
    case "morePending":
      return "more pending";
    case "restarted":
      return `restarted ${event.mode}`;
    case "other":
      return `other ${event.text}`;
    case "joined":
    case "contact":
    case "sent":
      return event.type;
    default:
      return event satisfies never;
  }
}
