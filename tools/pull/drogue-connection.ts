import type { DrogueOptions } from "#agent/pull/drogue.ts";
import { DrogueCoap } from "#agent/pull/drogue-coap.ts";
import { DrogueHttp } from "#agent/pull/drogue-http.ts";
import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import { DrogueSerial } from "#agent/pull/drogue-serial.ts";
import { CoapClient } from "#hal/net/coap-client.ts";
import { HttpClient } from "#hal/net/http-client.ts";
import type { MqttSessionOptions } from "#hal/net/mqtt-session.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { InputError } from "#tools/errors.ts";
import { isLine, lineTarget } from "#tools/line.ts";
import { CoapLink } from "./coap-link.ts";
import type { Connection, ConnectionOptions } from "./connection.ts";
import { HttpLink } from "./http-link.ts";
import { MqttDeviceLink } from "./mqtt-link.ts";
import { SerialLink } from "./serial-link.ts";

/** Of the time-out of an answer: the rest is for the way there and back. */
const WAITING_SHARE = 0.8;

/** Who is at the other end of a line speaks for the device, with credentials of its own. */
function serialConnection({ url, baud }: ConnectionOptions): Connection {
  const target = lineTarget(url);
  const entropy = new SystemEntropy();
  let link: SerialLink | undefined;
  return {
    newDialect: () =>
      new DrogueSerial({ firstCorrelationId: entropy.below("correlationId", 2 ** 32) }),
    newLink: (post) => {
      link = new SerialLink(target, baud, post);
      return link;
    },
    close: () => link?.close(),
  };
}

/** By the scheme of the URL. Throws `InputError`. */
export function drogueConnection(
  options: ConnectionOptions,
  sessionOptions: () => MqttSessionOptions,
): Connection {
  const { url, username, timeout, as } = options;
  if (isLine(url)) return serialConnection(options);
  const password = process.env["FUOTA_PASSWORD"] ?? "";
  if (username === undefined || !/^[^:@]+@[^:@]+$/.test(username)) {
    throw new InputError("--username says who it is to Drogue: device@application");
  }
  if (as !== undefined && /[/+#]|^$/.test(as))
    throw new InputError("--as: expected a device's name");
  const entropy = new SystemEntropy();
  const talk = (): DrogueOptions => ({
    spelling: options.cbor,
    firstCorrelationId: entropy.below("correlationId", 2 ** 32),
    ...(as === undefined ? {} : { child: as }),
  });
  if (/^mqtts?:/.test(url)) {
    const session = sessionOptions();
    return {
      newDialect: () => new DrogueMqtt(talk()),
      newLink: (post) => new MqttDeviceLink(session, post),
      close: () => {},
    };
  }
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const commandTimeoutS = Math.max(1, Math.floor((WAITING_SHARE * timeout) / 1000));
  if (/^coap:/.test(url)) {
    const client = new CoapClient(url);
    return {
      newDialect: () => new DrogueCoap({ ...talk(), authorization, commandTimeoutS }),
      newLink: (post) => new CoapLink(client, post),
      close: () => client.close(),
    };
  }
  const client = new HttpClient(url);
  return {
    newDialect: () => new DrogueHttp({ ...talk(), authorization, commandTimeoutS }),
    newLink: (post) => new HttpLink(client, post),
    close: () => client.close(),
  };
}
