import type { HttpClient } from "#hal/net/http-client.ts";
import type { HttpHandler, HttpRequest } from "#sim/server/thingsboard/http-exchange.ts";
import { type Bridge, CHUNK_OK, chunkNumberOf } from "./bridge.ts";

/** Has a real server answer what comes over a simulated link. */
export function httpBridge(client: Pick<HttpClient, "call">, bridge: Bridge): HttpHandler {
  return (request, respond) => {
    const { path } = request;
    const chunk = chunkOf(request);
    return client.call(
      { ...callOf(request), bodyBytesMax: bridge.bytesMax },
      {
        onResponse: (status, body, headers) =>
          bridge.enter(() => {
            if (chunk === undefined || status !== CHUNK_OK) respond({ status, headers, body });
            else respond(bridge.onChunk(chunk, path, body));
          }),
        onFailed: (detail) => {
          bridge.onTrouble(detail);
          bridge.enter(() => respond("close"));
        },
      },
    );
  };
}

/** ThingsBoard's API takes JSON alone. */
function callOf({ method, path, headers = {}, body }: HttpRequest) {
  const said = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return {
    method: method === "POST" ? method : "GET",
    path,
    headers: Object.fromEntries(said),
    body: body.length === 0 ? undefined : new TextDecoder().decode(body),
  } as const;
}

function chunkOf({ path }: HttpRequest): number | undefined {
  const { pathname, searchParams } = new URL(path, "http://server");
  if (!/\/(firmware|software)$/.test(pathname)) return undefined;
  return chunkNumberOf(searchParams.get("chunk"));
}
