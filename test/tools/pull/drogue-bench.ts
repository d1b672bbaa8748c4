import { DROGUE_COAP_OPTION, drogueStatus } from "#agent/pull/drogue.wire.ts";
import { decodeCbor } from "#agent/wire/cbor.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { HttpListener } from "#hal/net/http-server.ts";
import { MqttListener } from "#hal/net/mqtt-server.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { DrogueCloud } from "#sim/server/drogue/cloud.ts";
import { drogueCoapEndpoint } from "#sim/server/drogue/coap-endpoint.ts";
import { DrogueHttpEndpoint } from "#sim/server/drogue/http-endpoint.ts";
import { DrogueMqttEndpoint } from "#sim/server/drogue/mqtt-endpoint.ts";
import type { DrogueDevice } from "#sim/server/drogue/registry.ts";
import { makeFirmware, UpdateService } from "#sim/server/drogue/update-service.ts";
import type { MqttConnection } from "#sim/server/thingsboard/mqtt-session.ts";

/** Drogue on sockets, with one firmware for the device `d1@app1`. Its time stands still. */
export class DrogueServerBench {
  /** What devices said they had, of each question for bytes. */
  readonly offsets: number[] = [];
  /** Called before each of them is answered. */
  onOffset: (offset: number) => void = () => {};
  readonly cloud: DrogueCloud;
  readonly device: DrogueDevice;
  readonly #listeners: { close(): Promise<void> }[] = [];

  private constructor(data: Uint8Array) {
    this.cloud = new DrogueCloud({ scheduler: new Engine(), originUnixMs: 0 });
    const { registry } = this.cloud;
    this.device = registry.addDevice("app1", { name: "d1", password: "secret" });
    registry.addDevice("app1", { name: "child", password: "c", gateways: ["d1"] });
    this.cloud.onEvent(({ payload }) => {
      const decoded = decodeCbor(drogueStatus, payload);
      const update = decoded.ok ? decoded.value.update : undefined;
      if (update === undefined) return;
      this.offsets.push(update.offset);
      this.onOffset(update.offset);
    });
    const service = new UpdateService(this.cloud);
    service.publish(makeFirmware({ name: "app", version: "2.0.0", data }, new NodeCrypto()));
    registry.rollOut("app1", { file: { name: "app" } });
  }

  static of(data: Uint8Array): DrogueServerBench {
    return new DrogueServerBench(data);
  }

  async openHttp(): Promise<string> {
    const { handle } = new DrogueHttpEndpoint(this.cloud);
    const listener = await HttpListener.open("127.0.0.1", 0, handle);
    this.#listeners.push(listener);
    return listener.url;
  }

  /** Connections by MQTT so far. */
  sessions = 0;

  async openMqtt(): Promise<string> {
    const listener = await MqttListener.open("127.0.0.1", 0, (connection: MqttConnection) => {
      this.sessions += 1;
      return new DrogueMqttEndpoint(this.cloud, connection);
    });
    this.#listeners.push(listener);
    return listener.url;
  }

  async openCoap(): Promise<string> {
    const newHearer: Parameters<typeof CoapListener.open>[2] = (say) => {
      const endpoint = drogueCoapEndpoint(this.cloud, new SystemEntropy(), say);
      return (from, message) => endpoint.receive(from, message);
    };
    const known = [DROGUE_COAP_OPTION.authorization];
    const listener = await CoapListener.open("127.0.0.1", 0, newHearer, known);
    this.#listeners.push(listener);
    return listener.url;
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners) await listener.close();
  }
}
