import { makeImage } from "#agent/image/make.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { HttpListener } from "#hal/net/http-server.ts";
import { MqttListener } from "#hal/net/mqtt-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { NodeSigner } from "#hal/node/signer.ts";
import { KeyedEntropy } from "#sim/kernel/draws.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import { CoapEndpoint } from "#sim/server/thingsboard/coap-endpoint.ts";
import type { ChunkFault } from "#sim/server/thingsboard/faults.ts";
import { HttpDeviceApi } from "#sim/server/thingsboard/http-device-api.ts";
import { type MqttConnection, MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import { makePackage } from "#sim/server/thingsboard/ota-package.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";

const crypto = new NodeCrypto();
export const signer = NodeSigner.generate("ed25519");

export function imageOf(payloadBytes: number, version = "2.0.0"): Uint8Array {
  const payload = Uint8Array.from({ length: payloadBytes }, (_, at) => (at * 2654435761) >>> 24);
  return makeImage(payload, { version }, signer, crypto);
}

/** The stand-in on a socket, with one package for the device of token `T`. Its time stands still. */
export class PullServerBench {
  /** Chunks in the order in which they were asked for. */
  readonly chunks: number[] = [];
  readonly states: string[] = [];
  /** Called before each chunk is answered. */
  onChunk: (index: number) => void = () => {};
  readonly listener: HttpListener;

  readonly server: ThingsBoard;
  readonly #others: { close(): Promise<void> }[] = [];

  private constructor(listener: HttpListener, server: ThingsBoard) {
    this.listener = listener;
    this.server = server;
  }

  static async open(
    data: Uint8Array,
    faults: readonly ChunkFault[] = [],
  ): Promise<PullServerBench> {
    const engine = new Engine();
    const server = new ThingsBoard({
      scheduler: engine,
      entropy: new KeyedEntropy(1, 0),
      originUnixMs: 0,
      onTelemetry: (_, key, value) => {
        if (key === "fw_state") bench.states.push(String(value));
      },
    });
    const api = new HttpDeviceApi(server, { faults });
    const listener = await HttpListener.open("127.0.0.1", 0, (request, respond) => {
      const chunk = /[?&]chunk=(\d+)/.exec(request.path)?.[1];
      if (chunk !== undefined) {
        bench.chunks.push(Number(chunk));
        bench.onChunk(Number(chunk));
      }
      return api.handle(request, respond);
    });
    const bench = new PullServerBench(listener, server);
    server.addDevice("d1", "T");
    const facts = {
      id: "1",
      kind: "fw",
      title: "fw",
      version: "2.0.0",
      algorithm: "SHA256",
    } as const;
    server.assignToProfile("default", "fw", makePackage({ ...facts, data }, crypto));
    engine.advance(1_000_000);
    return bench;
  }

  get url(): string {
    return this.listener.url;
  }

  async openMqtt(): Promise<string> {
    const newSession = (connection: MqttConnection) => new MqttSession(this.server, connection);
    const listener = await MqttListener.open("127.0.0.1", 0, newSession);
    this.#others.push(listener);
    return listener.url;
  }

  async openCoap(faults: readonly ChunkFault[] = []): Promise<string> {
    const onChunk = (_: unknown, chunk: number) => this.chunks.push(chunk);
    const api = new CoapDeviceApi(this.server, { faults, onChunk });
    const listener = await CoapListener.open("127.0.0.1", 0, (say) => {
      const endpoint = new CoapEndpoint(this.server, api.handle, say);
      return (from, message) => endpoint.receive(from, message);
    });
    this.#others.push(listener);
    return listener.url;
  }

  async close(): Promise<void> {
    await this.listener.close();
    for (const listener of this.#others) await listener.close();
  }
}
