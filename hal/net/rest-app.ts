import { openapi } from "@elysiajs/openapi";
import { Elysia } from "elysia";
import type { OpenAPIV3 } from "openapi-types";
import type { ServedReply, ServedRequest } from "./http-server.ts";

/** One call of a REST API. */
export interface RestRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** Segments that begin with a colon are parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query: Readonly<Record<string, RestParameter>>;
  /** JSON Schema of the body; `file`: a multipart body with a part of that name. */
  readonly body: object | "file" | undefined;
  readonly needsLogin: boolean;
  readonly handle: (call: RestCall) => RestAnswer;
}

export interface RestParameter {
  readonly type: "string" | "integer";
  readonly required?: boolean;
  readonly enum?: readonly string[];
}

export interface RestCall {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly body: unknown;
  readonly file: RestFile | undefined;
}

export interface RestFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export type RestAnswer =
  | { readonly status: number; readonly json: unknown }
  | { readonly status: number; readonly file: RestFile };

export interface RestFacts {
  readonly title: string;
  readonly description: string;
  readonly version: string;
  /** Of the page that shows the API to people; the API's description is below it, in `/json`. */
  readonly docsPath: string;
  /** Header that has the token. */
  readonly loginHeader: string;
  readonly page: string;
  /** What becomes of a call that nobody can understand, or that has no route. */
  readonly refuse: (status: 400 | 404) => RestAnswer;
}

/** Routes of a REST API, and their OpenAPI description; the socket is somebody else's. */
export class RestApp {
  readonly #handle: (request: Request) => Promise<Response>;
  /** What a handler has thrown: the library would make an answer of it. */
  #bug: unknown;

  constructor(facts: RestFacts, routes: readonly RestRoute[]) {
    const { title, description, version, docsPath, loginHeader, page } = facts;
    const login = { type: "apiKey", in: "header", name: loginHeader } as const;
    const app = new Elysia({ normalize: false })
      .use(
        openapi({
          // Its own page comes from somewhere on the Internet.
          provider: null,
          path: docsPath,
          documentation: {
            info: { title, description, version },
            components: { securitySchemes: { login } },
          },
        }),
      )
      .onError(({ code, error }) => {
        if (code === "NOT_FOUND") return responseOf(facts.refuse(404));
        this.#bug = error;
        return undefined;
      })
      .get(docsPath, () => new Response(page, { headers: { "content-type": "text/html" } }), {
        detail: { hide: true },
      });
    for (const route of routes) {
      app.route(
        route.method,
        route.path,
        async ({ params, query, headers, request }) => {
          const content = await contentOf(request);
          if (content === undefined) return responseOf(facts.refuse(400));
          return responseOf(route.handle({ params: params ?? {}, query, headers, ...content }));
        },
        { parse: "none", detail: detailOf(route) },
      );
    }
    this.#handle = (request) => app.handle(request);
  }

  async handle({ method, path, headers, body }: ServedRequest): Promise<ServedReply> {
    // Its path scan wants a host of a certain length.
    const url = new URL(path.replace(/^\/*/, "/"), "http://localhost/");
    const hasBody = method !== "GET" && method !== "HEAD" && body.length > 0;
    const request = new Request(url, {
      method,
      headers: plainHeaders(headers),
      ...(hasBody ? { body: Buffer.from(body) } : {}),
    });
    const response = await this.#handle(request);
    if (this.#bug !== undefined) throw this.#bug;
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    };
  }
}

/** Headers of one value each; what is of no use behind the socket is left out. */
function plainHeaders(headers: ServedRequest["headers"]): Record<string, string> {
  const wanted = ["content-type", "authorization", "x-authorization", "accept"];
  return Object.fromEntries(
    wanted.flatMap((name) => {
      const value = headers[name];
      return typeof value === "string" ? [[name, value]] : [];
    }),
  );
}

const NO_CONTENT = { body: undefined, file: undefined };

/** Undefined for what is not what its content type says. */
async function contentOf(request: Request): Promise<Pick<RestCall, "body" | "file"> | undefined> {
  const type = request.headers.get("content-type") ?? "";
  try {
    if (type.startsWith("multipart/form-data")) {
      const part = (await request.formData()).get("file");
      return { body: undefined, file: part instanceof File ? await fileOf(part) : undefined };
    }
    const text = await request.text();
    return text === "" ? NO_CONTENT : { body: JSON.parse(text), file: undefined };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

async function fileOf(part: File): Promise<RestFile> {
  const bytes = new Uint8Array(await part.arrayBuffer());
  return { name: part.name, type: part.type, bytes };
}

function responseOf(answer: RestAnswer): Response {
  const { status } = answer;
  if ("file" in answer) {
    const { name, type, bytes } = answer.file;
    const disposition = `attachment;filename=${name}`;
    const headers = {
      "content-type": type,
      "content-disposition": disposition,
      "x-filename": name,
    };
    return new Response(Buffer.from(bytes), { status, headers });
  }
  if (answer.json === undefined) return new Response(null, { status });
  return Response.json(answer.json, { status });
}

/** A schema is data that nobody changes; the library's types do not say so. */
function schemaOf(schema: object): OpenAPIV3.SchemaObject {
  return JSON.parse(JSON.stringify(schema));
}

/** As OpenAPI has it. */
function detailOf({ path, summary, query, body, needsLogin }: RestRoute) {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
    name,
    in: "path" as const,
    required: true,
    schema: { type: "string" as const },
  }));
  const inQuery = Object.entries(query).map(([name, { type, required = false, enum: values }]) => ({
    name,
    in: "query" as const,
    required,
    schema: values === undefined ? { type } : { type, enum: [...values] },
  }));
  const file = { type: "object", properties: { file: { type: "string", format: "binary" } } };
  const isFile = body === "file";
  const schema = schemaOf(isFile ? file : (body ?? {}));
  const content = { [isFile ? "multipart/form-data" : "application/json"]: { schema } };
  return {
    summary,
    parameters: [...inPath, ...inQuery],
    ...(body === undefined ? {} : { requestBody: { required: true, content } }),
    responses: { 200: { description: "done" } },
    ...(needsLogin ? { security: [{ login: [] }] } : {}),
  };
}
