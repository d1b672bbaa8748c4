import type { PullEffect } from "#agent/pull/events.ts";
import type { MqttConnection, MqttSession } from "#sim/server/thingsboard/mqtt-session.ts";
import {
  type LinkEffect,
  type LinkNews,
  type LinkWorld,
  MessageFates,
  type PullLink,
} from "./link.ts";

/** What the server has of a connection. */
export type MqttServed = Pick<MqttSession, "connect" | "subscribe" | "publish" | "closed">;
/** A server that takes connections. */
export type MqttListener = (connection: MqttConnection) => MqttServed;

/** CONNACK 4 and 5 say that the credentials are wrong, 2 that the client id is. */
const UNKNOWN_CODES: readonly number[] = [2, 4, 5];

/**
 * The MQTT connections of one device in virtual time. What a connection carries arrives in order; once
 * a message is lost on it, so is everything behind: a link that eats what TCP sends again.
 */
export class SimulatedMqtt implements PullLink {
  readonly #world: LinkWorld;
  readonly #listen: MqttListener;
  readonly #username: string;
  readonly #fates: MessageFates;
  #connection: Connection | undefined;

  constructor(world: LinkWorld, listen: MqttListener, username: string) {
    this.#world = world;
    this.#listen = listen;
    this.#username = username;
    this.#fates = new MessageFates(world);
  }

  get messages(): number {
    return this.#fates.messages;
  }

  get lost(): number {
    return this.#fates.lost;
  }

  perform(effect: LinkEffect): void {
    switch (effect.type) {
      case "mqttConnect":
        this.halt();
        this.#connection = new Connection(this.#world, this.#fates, this.#listen);
        this.#connection.open(this.#username);
        break;
      case "mqttSubscribe":
        this.#connection?.toServer((session) => {
          session.subscribe(
            1,
            effect.filters.map((topic) => ({ topic, qos: 1 })),
          );
        });
        break;
      case "mqttPublish":
        this.#connection?.toServer((session) => session.publish(published(effect)));
        break;
      case "mqttClose":
        this.halt();
        break;
      default:
        throw new RangeError(`no MQTT in ${effect.type}`);
    }
  }

  halt(): void {
    this.#connection?.leave();
    this.#connection = undefined;
  }

  drop(): void {
    this.#connection?.end("the connection was closed");
  }
}

function published({ topic, payload, id }: PullEffect & { readonly type: "mqttPublish" }) {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  return { topic, payload: bytes, qos: 1, messageId: id } as const;
}

class Connection {
  readonly #world: LinkWorld;
  readonly #fates: MessageFates;
  readonly #listen: MqttListener;
  #session: MqttServed | undefined;
  /** Nobody is at the device's end any more, or at the server's. */
  #isLeft = false;
  #isDead = false;
  /** When the last message of each direction is through. */
  #upUs = 0;
  #downUs = 0;

  constructor(world: LinkWorld, fates: MessageFates, listen: MqttListener) {
    this.#world = world;
    this.#fates = fates;
    this.#listen = listen;
  }

  open(username: string): void {
    this.#send(() => {
      if (this.#session !== undefined) return;
      if (this.#world.isServerDown()) {
        this.end("the server does not answer");
        return;
      }
      this.#session = this.#listen(this.#atServer());
      this.#session.connect({ clean: true, username });
    });
  }

  toServer(run: (session: MqttServed) => void): void {
    this.#send(() => {
      if (this.#session !== undefined) run(this.#session);
    });
  }

  /** The device hangs up; the server hears of it, be it by its own time-out. */
  leave(): void {
    this.#isLeft = true;
    this.#session?.closed();
    this.#session = undefined;
  }

  /** The device is told that the connection has ended. */
  end(detail: string, isUnknown = false): void {
    this.#session?.closed();
    this.#session = undefined;
    if (this.#isDead) return;
    this.#isDead = true;
    this.#world.scheduler.schedule(Math.max(this.#world.scheduler.now, this.#downUs), () => {
      if (!this.#isLeft) this.#world.deliver({ type: "mqttClosed", detail, isUnknown });
    });
  }

  #send(run: () => void): void {
    const { scheduler } = this.#world;
    const { latencyUs, isLost, isTwice } = this.#fates.next(0);
    if (isLost) this.#isDead = true;
    if (this.#isDead) return;
    this.#upUs = Math.max(this.#upUs, scheduler.now + latencyUs);
    scheduler.schedule(this.#upUs, () => {
      if (this.#isLeft) return;
      run();
      if (isTwice && !this.#isLeft) run();
    });
  }

  #deliver(event: LinkNews, bytes: number): void {
    if (this.#isDead) return;
    const { scheduler } = this.#world;
    const { latencyUs, transferUs, isLost, isCut, isTwice } = this.#fates.next(bytes);
    if (isLost) this.#isDead = true;
    else if (isCut) this.end("the connection was closed");
    if (this.#isDead) return;
    this.#downUs = Math.max(this.#downUs, scheduler.now + latencyUs) + transferUs;
    const deliver = () => {
      if (!this.#isLeft) this.#world.deliver(event);
    };
    scheduler.schedule(this.#downUs, deliver);
    if (isTwice) scheduler.schedule(this.#downUs, deliver);
  }

  #atServer(): MqttConnection {
    return {
      connack: (code) => {
        if (code === 0) this.#deliver({ type: "mqttConnected" }, 4);
        else this.end(`the server refuses the connection (${code})`, UNKNOWN_CODES.includes(code));
      },
      suback: () => this.#deliver({ type: "mqttSubscribed" }, 8),
      puback: (id) => this.#deliver({ type: "mqttPublished", id }, 4),
      publish: (topic, payload) =>
        this.#deliver({ type: "mqttMessage", topic, payload }, topic.length + payload.length),
      close: () => this.end("the connection was closed"),
    };
  }
}
