import type { MqttConnection, MqttPublish } from "../thingsboard/mqtt-session.ts";
import { credentialsOf } from "./basic-credentials.ts";
import type { DrogueCloud } from "./cloud.ts";
import type { DrogueDevice } from "./registry.ts";

export interface DrogueConnect {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const NOT_AUTHORIZED = 5;
const REFUSED = 0x80;

/** One connection to Drogue's MQTT endpoint, sans-IO. Sessions are not kept, commands are of QoS 0. */
export class DrogueMqttEndpoint {
  readonly #cloud: DrogueCloud;
  readonly #connection: MqttConnection;
  readonly #inboxes = new Map<string, () => void>();
  #device: DrogueDevice | undefined;

  constructor(cloud: DrogueCloud, connection: MqttConnection) {
    this.#cloud = cloud;
    this.#connection = connection;
  }

  connect({ username = "", password = "" }: DrogueConnect): void {
    const who = credentialsOf(username, password);
    const { registry } = this.#cloud;
    this.#device = who && registry.authenticate(who.application, who.device, who.password);
    this.#connection.connack(this.#device === undefined ? NOT_AUTHORIZED : 0, false);
    if (this.#device === undefined) this.#connection.close();
  }

  /** `command/inbox//#` is one's own, `command/inbox/{device}/#` another's, `command/inbox/#` are all. */
  subscribe(messageId: number, filters: readonly { topic: string }[]): void {
    const granted = filters.map(({ topic }) => (this.#opens(topic) ? 0 : REFUSED));
    this.#connection.suback(messageId, granted);
  }

  publish({ topic, payload, qos, messageId }: MqttPublish): void {
    const [, channel = "", name] = /^([^/]+)(?:\/([^/]+))?$/.exec(topic) ?? [];
    const sender = this.#device;
    const device = sender && this.#cloud.registry.spokenFor(sender, name);
    if (sender === undefined || device === undefined || channel === "") {
      this.closed();
      this.#connection.close();
      return;
    }
    // A command may well be there before the acknowledgement of what it answers.
    this.#cloud.publish({ device, sender, channel, contentType: undefined, payload });
    if (qos > 0) this.#connection.puback(messageId);
  }

  /** The connection is gone. */
  closed(): void {
    for (const leave of this.#inboxes.values()) leave();
    this.#inboxes.clear();
    this.#device = undefined;
  }

  #opens(filter: string): boolean {
    const self = this.#device;
    const [, inbox] = /^command\/inbox(?:\/([^/#+]*))?\/#$/.exec(filter) ?? [];
    if (self === undefined || !filter.startsWith("command/inbox/") || !filter.endsWith("/#")) {
      return false;
    }
    const device = inbox === "" ? self : this.#cloud.registry.spokenFor(self, inbox);
    if (device === undefined || (inbox === undefined && filter !== "command/inbox/#")) return false;
    this.#inboxes.get(filter)?.();
    const leave = this.#cloud.listen(inbox === undefined ? undefined : device, this.#deliver);
    this.#inboxes.set(filter, leave);
    return true;
  }

  readonly #deliver = (device: DrogueDevice, name: string, payload: Uint8Array): void => {
    const self = this.#device;
    if (self === undefined || this.#cloud.registry.spokenFor(self, device.name) !== device) return;
    const inbox = device === self ? "" : device.name;
    this.#connection.publish(`command/inbox/${inbox}/${name}`, payload, 0);
  };
}
