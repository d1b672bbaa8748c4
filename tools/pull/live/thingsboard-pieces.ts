import type { CoapHeard } from "#sim/server/thingsboard/coap-exchange.ts";
import type { HttpRequest } from "#sim/server/thingsboard/http-exchange.ts";
import type { Bridge, Pieces, Spoil } from "./bridge.ts";

const UNKNOWN = new TextEncoder().encode("UNKNOWN");

/** ThingsBoard's chunks: who asks for one says its number. */
export function thingsBoardPieces({ onChunk }: Pick<Bridge, "onChunk">): Pieces {
  const numbered = (number: string | null | undefined, path: string): Spoil | undefined => {
    if (!/^\d{1,7}$/.test(number ?? "")) return undefined;
    return (body) => onChunk(Number(number), path, body);
  };
  return {
    ofHttp: ({ path }: HttpRequest) => {
      const { pathname, searchParams } = new URL(path, "http://server");
      if (!/\/(firmware|software)$/.test(pathname)) return undefined;
      return numbered(searchParams.get("chunk"), path);
    },
    ofCoap: ({ path, query }: CoapHeard) => {
      if (path[0] !== "fw" && path[0] !== "sw") return undefined;
      const parameter = query.find((one) => one.startsWith("chunk="));
      return numbered(parameter?.slice("chunk=".length), "");
    },
    onPublish: () => {},
    ofMqtt: (topic) => {
      const [, number] = /^v2\/[fs]w\/response\/\d+\/chunk\/(\d+)$/.exec(topic) ?? [];
      return numbered(number, topic);
    },
    mqttError: (topic) => ({ topic: topic.replace(/response.*/, "error"), payload: UNKNOWN }),
  };
}
