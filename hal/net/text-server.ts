import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One text, made anew for each who asks. */
export interface ServedText {
  readonly path: string;
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

export interface TextServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves a text to this machine alone; port 0 is any. Rejects with the system's error. */
export async function serveText(port: number, text: ServedText): Promise<TextServer> {
  const server = createServer((request, response) => void answer(text, request, response));
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  { path, contentType, render }: ServedText,
  { url = "", method }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (url.replace(/\?.*/s, "") !== path) {
    response.writeHead(404, { "content-type": "text/plain" }).end(`only ${path} is here\n`);
    return;
  }
  if (method !== "GET" && method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  const body = await render();
  response.writeHead(200, { "content-type": contentType }).end(method === "HEAD" ? "" : body);
}
