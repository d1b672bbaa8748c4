import type { DownlinkCommand, GatewayEvent } from "#sim/gateway/server-gateway.ts";

/** The way from the simulated gateways to a server, whatever the protocol. Gateways are numbered from 0. */
export interface GatewayLink {
  send(gateway: number, event: GatewayEvent): void;
  close(): Promise<void>;
}

export interface GatewayLinkEvents {
  readonly onCommand: (gateway: number, command: DownlinkCommand) => void;
  /** Undecodable, or a command we do not know. */
  readonly onOddity: (text: string) => void;
  readonly onState: (state: "connected" | "lost") => void;
}

/** Rejects with `RefusedError`. Gateways by their EUIs, in lower-case hex. */
export type OpenGatewayLink = (
  gatewayIds: readonly string[],
  events: GatewayLinkEvents,
) => Promise<GatewayLink>;
