import type { GpsSeconds } from "#hal/ports.ts";
import type { AirUplink } from "#sim/air/frames.ts";
import type { AnswerDownlink, SendOptions } from "./modem-radio.ts";

/** An uplink that the host asked for, until its windows are over. */
export interface Exchange {
  readonly fPort: number;
  readonly payload: Uint8Array;
  readonly options: SendOptions;
  uplink: AirUplink | undefined;
  acknowledged: boolean;
  answer: AnswerDownlink | undefined;
  link: { readonly marginDb: number; readonly gateways: number } | undefined;
  /** When the uplink ended, as the network says. */
  gps: GpsSeconds | undefined;
}
