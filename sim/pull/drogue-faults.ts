import type { DrogueCommand, DrogueStatus } from "#agent/pull/drogue.wire.ts";
import type { ResolvedPull } from "#scenarios/pull-defaults.ts";
import type { DrogueDevice } from "#sim/server/drogue/registry.ts";
import type { CoapHandler } from "#sim/server/thingsboard/coap-exchange.ts";
import { type ChunkFault, ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import type { HttpHandler, HttpReply } from "#sim/server/thingsboard/http-exchange.ts";
import type { MqttListener } from "./mqtt-link.ts";

const NOTHING = () => {};

/** Which faults, and how long the chunks are that they count. */
interface ChunkFaultPlan extends Pick<ResolvedPull, "chunkBytes"> {
  readonly server: { readonly chunkFaults: readonly ChunkFault[] };
}

/**
 * Lets faults come over the pieces of firmware that a Drogue gives. The service that makes
 * them cannot end the exchange that brings them to the device: the endpoints are told to, at once.
 */
export class DrogueFaults {
  readonly #faults: ChunkFaults;
  readonly #chunkBytes: number;
  readonly #onChunk: (device: DrogueDevice, chunk: number) => void;
  /** Of the exchange that is being answered: a response other than a command. A serial line has none. */
  #ending: HttpReply | "close" | undefined;

  /** `onChunk`: the first piece of a chunk is about to be given. */
  constructor(
    { server, chunkBytes }: ChunkFaultPlan,
    onChunk: (device: DrogueDevice, chunk: number) => void = NOTHING,
  ) {
    this.#faults = new ChunkFaults(server.chunkFaults);
    this.#chunkBytes = chunkBytes;
    this.#onChunk = onChunk;
  }

  /** Undefined: it is not sent. */
  spoil(
    device: DrogueDevice,
    command: DrogueCommand,
    { update }: DrogueStatus,
  ): DrogueCommand | undefined {
    // Who only asks what there is has no download yet.
    if (command.name !== "Write" || update === undefined) return command;
    const chunk = Math.floor(command.offset / this.#chunkBytes);
    if (command.offset % this.#chunkBytes === 0) this.#onChunk(device, chunk);
    const piece = { status: 200, headers: {}, body: command.data };
    const outcome = this.#faults.apply(device.name, chunk, "/v1/dfu", piece);
    if (outcome === "silence") return undefined;
    if (outcome !== "close" && outcome.status === 200) return { ...command, data: outcome.body };
    this.#ending = outcome;
    return undefined;
  }

  http(handler: HttpHandler): HttpHandler {
    return (request, respond) => {
      this.#ending = undefined;
      const leave = handler(request, respond);
      const ending = this.#takeEnding();
      if (ending === undefined) return leave;
      leave();
      respond(ending);
      return NOTHING;
    };
  }

  /** What ends a connection there, ends the exchange here. */
  coap(handler: CoapHandler): CoapHandler {
    return (request, respond) => {
      this.#ending = undefined;
      const leave = handler(request, respond);
      const ending = this.#takeEnding();
      if (ending === undefined) return leave;
      leave();
      respond(ending === "close" ? "reset" : { code: ending.status, payload: ending.body });
      return NOTHING;
    };
  }

  mqtt(listen: MqttListener): MqttListener {
    return (connection) => {
      const peer = listen(connection);
      return {
        connect: (who) => peer.connect(who),
        subscribe: (messageId, filters) => peer.subscribe(messageId, filters),
        closed: () => peer.closed(),
        publish: (message) => {
          this.#ending = undefined;
          peer.publish(message);
          if (this.#takeEnding() === undefined) return;
          peer.closed();
          connection.close();
        },
      };
    };
  }

  #takeEnding(): HttpReply | "close" | undefined {
    const ending = this.#ending;
    this.#ending = undefined;
    return ending;
  }
}
