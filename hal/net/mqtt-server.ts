import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import { ListenRefused } from "./http-server.ts";

/** What comes over one MQTT 3.1.1 connection. */
export interface ServedSession {
  connect(facts: {
    readonly clean: boolean;
    readonly username: string | undefined;
    readonly password: string | undefined;
  }): void;
  subscribe(messageId: number, filters: readonly { topic: string; qos: 0 | 1 | 2 }[]): void;
  publish(message: {
    readonly topic: string;
    readonly payload: Uint8Array;
    readonly qos: 0 | 1 | 2;
    readonly messageId: number;
  }): void;
  closed(): void;
}

/** What the other side of it does. */
export interface ServedConnection {
  connack(code: number, sessionPresent: boolean): void;
  suback(messageId: number, granted: readonly number[]): void;
  puback(messageId: number): void;
  publish(topic: string, payload: Uint8Array, qos: 0 | 1): void;
  close(): void;
}

const PACKET_BYTES_MAX = 1024 * 1024;

/** A server of MQTT on a socket that publishes what and to whom it likes, as no broker does. */
export class MqttListener {
  readonly #server: Server;
  readonly #host: string;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, host: string, sockets: Set<Socket>) {
    this.#server = server;
    this.#host = host;
    this.#sockets = sockets;
  }

  /** Port 0: any that is free. Rejects with {@link ListenRefused}. */
  static open(
    host: string,
    port: number,
    newSession: (connection: ServedConnection) => ServedSession,
  ): Promise<MqttListener> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      // An acknowledgement and what follows it are two writes: the second is not to wait.
      socket.setNoDelay(true);
      socket.on("close", () => sockets.delete(socket));
      serve(socket, newSession(connectionOf(socket)));
    });
    return new Promise((resolve, reject) => {
      server.once("error", (error) =>
        reject(new ListenRefused(`${host}:${port}: ${error.message}`)),
      );
      server.listen(port, host, () => resolve(new MqttListener(server, host, sockets)));
    });
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `mqtt://${this.#host}:${port}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
  }
}

function connectionOf(socket: Socket): ServedConnection {
  const send = (packet: Packet) => {
    if (!socket.destroyed) socket.write(generate(packet));
  };
  let messageId = 0;
  return {
    connack: (returnCode, sessionPresent) => send({ cmd: "connack", returnCode, sessionPresent }),
    suback: (id, granted) => send({ cmd: "suback", messageId: id, granted: [...granted] }),
    puback: (id) => send({ cmd: "puback", messageId: id }),
    publish: (topic, payload, qos) => {
      messageId = (messageId % 0xffff) + 1;
      const body = Buffer.from(payload);
      send({ cmd: "publish", topic, payload: body, qos, dup: false, retain: false, messageId });
    },
    close: () => socket.end(),
  };
}

function serve(socket: Socket, session: ServedSession): void {
  const parse = parser({ protocolVersion: 4 });
  let total = 0;
  parse.on("packet", (packet: Packet) => {
    total = 0;
    takePacket(packet, session, socket);
  });
  parse.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    total += bytes.length;
    if (total > PACKET_BYTES_MAX) socket.destroy();
    else parse.parse(bytes);
  });
  socket.on("error", () => {});
  socket.on("close", () => session.closed());
}

function takePacket(packet: Packet, session: ServedSession, socket: Socket): void {
  switch (packet.cmd) {
    case "connect":
      session.connect({
        clean: packet.clean === true,
        username: packet.username,
        password: packet.password?.toString(),
      });
      break;
    case "subscribe":
      session.subscribe(packet.messageId ?? 0, packet.subscriptions);
      break;
    case "publish": {
      const { topic, qos, messageId = 0 } = packet;
      session.publish({ topic, payload: Buffer.from(packet.payload), qos, messageId });
      break;
    }
    case "pingreq":
      socket.write(generate({ cmd: "pingresp" }));
      break;
    case "disconnect":
      socket.end();
      break;
    default:
      break;
  }
}
