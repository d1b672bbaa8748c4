import { encodeUdpStats, encodeUdpTxAck, encodeUdpUplink } from "#hal/net/semtech-udp.ts";
import { UdpGateway, type UdpServerAddress } from "#hal/net/udp-gateway.ts";
import type { GatewayEvent } from "#sim/gateway/server-gateway.ts";
import { RefusedError, systemCodeOf } from "#tools/errors.ts";
import type { GatewayLink, GatewayLinkEvents } from "./gateway-link.ts";

interface UdpMember {
  readonly eui: Uint8Array;
  readonly socket: UdpGateway;
}

/** Gateways that speak the Semtech UDP protocol, each over a socket of its own. */
export class UdpLink implements GatewayLink {
  readonly #gateways: readonly UdpMember[];

  private constructor(gateways: readonly UdpMember[]) {
    this.#gateways = gateways;
  }

  static async open(
    server: UdpServerAddress,
    gatewayIds: readonly string[],
    { onCommand, onOddity, onState }: GatewayLinkEvents,
  ): Promise<UdpLink> {
    let connected = 0;
    const open = async (id: string, index: number) => {
      const eui = new Uint8Array(Buffer.from(id, "hex"));
      const socket = await UdpGateway.open(server, eui, {
        onDownlink: ({ token, item }) => {
          if (item === undefined) onOddity(`gateway ${id}: a PULL_RESP that cannot be sent`);
          else onCommand(index, { downlinkId: token, items: [item] });
        },
        onState: (state) => {
          connected += state === "connected" ? 1 : -1;
          // Said for the first that is connected, and when the last is lost.
          if (connected === (state === "connected" ? 1 : 0)) onState(state);
        },
      });
      return { eui, socket };
    };
    try {
      return new UdpLink(await Promise.all(gatewayIds.map(open)));
    } catch (error) {
      const code = systemCodeOf(error);
      if (code === undefined) throw error;
      throw new RefusedError(`${server.host}:${server.port}: no such UDP server, ${code}`);
    }
  }

  send(gateway: number, event: GatewayEvent): void {
    const { eui, socket } = this.#at(gateway);
    switch (event.type) {
      case "uplink":
        socket.send(encodeUdpUplink(eui, socket.nextToken(), event));
        return;
      case "ack": {
        // The protocol has one way for each downlink.
        const [status = "tooLate"] = event.statuses;
        socket.send(encodeUdpTxAck(eui, event.downlinkId, status));
        return;
      }
      case "stats":
        socket.send(encodeUdpStats(eui, socket.nextToken(), event));
        return;
      default:
        event satisfies never;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#gateways.map(({ socket }) => socket.close()));
  }

  #at(gateway: number) {
    const found = this.#gateways[gateway];
    if (found === undefined) throw new RangeError(`gateway ${gateway}`);
    return found;
  }
}
