import type { HttpClient } from "#hal/net/http-client.ts";
import type {
  HttpHandler,
  HttpOutcome,
  HttpReply,
  HttpRequest,
} from "#sim/server/thingsboard/http-exchange.ts";
import { type Bridge, CHUNK_OK, type Pieces } from "./bridge.ts";

/** Has a real server answer what comes over a simulated link. */
export function httpBridge(
  client: Pick<HttpClient, "call">,
  bridge: Bridge,
  pieces: Pick<Pieces, "ofHttp">,
): HttpHandler {
  return (request, respond) => {
    const spoil = pieces.ofHttp(request);
    return client.call(
      { ...callOf(request), bodyBytesMax: bridge.bytesMax },
      {
        onResponse: (status, body, headers) =>
          bridge.enter(() => {
            if (spoil === undefined || status !== CHUNK_OK) respond({ status, headers, body });
            else respond(withHeaders(spoil(body), headers));
          }),
        onFailed: (detail) => {
          bridge.onTrouble(detail);
          bridge.enter(() => respond("close"));
        },
      },
    );
  };
}

/** A chunk is the answer that it came in, whatever became of it. */
function withHeaders(outcome: HttpOutcome, headers: HttpReply["headers"]): HttpOutcome {
  if (typeof outcome === "string" || outcome.status !== CHUNK_OK) return outcome;
  return { ...outcome, headers };
}

/** Who does not say what it is means JSON: ThingsBoard's API takes nothing else. */
function callOf({ method, path, headers = {}, body }: HttpRequest) {
  const said = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const content = headers["content-type"] === undefined ? new TextDecoder().decode(body) : body;
  return {
    method: method === "POST" ? method : "GET",
    path,
    headers: Object.fromEntries(said),
    body: body.length === 0 ? undefined : content,
  } as const;
}
