import type { HeardUplink } from "#hal/gateway-port.ts";

/** What gateways say to a server, each by its EUI in lower-case hex. */
export interface LnsEvents {
  /** Before anything else of it, and when it comes again. */
  readonly onGateway: (eui: string, from: string) => void;
  readonly onUplink: (eui: string, uplink: HeardUplink) => void;
  /** `refusal` undefined: it is booked, or on the air. */
  readonly onAck: (eui: string, downlinkId: number, refusal: string | undefined) => void;
  /** Something that cannot be used. */
  readonly onOddity: (text: string) => void;
}

/** Where to listen. */
export interface LnsAddress {
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}
