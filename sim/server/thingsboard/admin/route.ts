import type { AdminAnswer, AdminInput } from "./answer.ts";
import type { Registry } from "./registry.ts";

/** One call of the admin API: what it is for people and for OpenAPI, and what it does. */
export interface AdminRoute {
  readonly method: "GET" | "POST" | "DELETE";
  /** Segments that begin with a colon are parameters. */
  readonly path: string;
  readonly summary: string;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  /** Schema of a JSON body; `file`: a multipart body with a part of that name. */
  readonly body?: BodySchema | "file";
  readonly run: (registry: Registry, input: AdminInput) => AdminAnswer;
}

export interface QueryParameter {
  readonly type: "string" | "integer";
  readonly required?: true;
  readonly enum?: readonly string[];
}

export interface BodySchema {
  readonly type: "object";
  readonly required?: readonly string[];
  readonly properties: Readonly<Record<string, object>>;
}

export const PAGE_QUERY = {
  pageSize: { type: "integer", required: true },
  page: { type: "integer", required: true },
  textSearch: { type: "string" },
} as const;

export const TEXT = { type: "string", maxLength: 255 } as const;
export const ENTITY_ID = {
  type: "object",
  required: ["entityType", "id"],
  properties: { entityType: { type: "string" }, id: { type: "string" } },
} as const;
