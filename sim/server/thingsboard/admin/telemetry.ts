import { AdminRefusal, ok } from "./answer.ts";
import type { AdminRoute } from "./route.ts";

const KEYS = { keys: { type: "string" } } as const;
const ROOT = "/api/plugins/telemetry/DEVICE/:id/values";

export const TELEMETRY_ROUTES: readonly AdminRoute[] = [
  {
    method: "GET",
    path: `${ROOT}/timeseries`,
    summary: "latest telemetry of a device; all values are text",
    query: KEYS,
    run: (registry, { params, query }) => {
      const { telemetry } = registry.device(params["id"]);
      const keys = query["keys"]?.split(",") ?? [...telemetry.keys()];
      const latest = keys.map((key) => {
        const known = telemetry.get(key);
        // What never came has a time all the same.
        const { ts, value } = known ?? { ts: registry.server.nowUnixMs, value: null };
        return [key, [{ ts, value: value === null ? null : String(value) }]];
      });
      return ok(Object.fromEntries(latest));
    },
  },
  {
    method: "GET",
    path: `${ROOT}/attributes/:scope`,
    summary: "attributes of a device: SHARED_SCOPE or CLIENT_SCOPE",
    query: KEYS,
    run: (registry, { params, query }) => {
      const { shared, client } = registry.device(params["id"]);
      const scopes = new Map<string | undefined, ReadonlyMap<string, unknown>>([
        ["SHARED_SCOPE", shared],
        ["CLIENT_SCOPE", client],
      ]);
      const values = scopes.get(params["scope"]);
      if (values === undefined) throw new AdminRefusal("badRequest", "Invalid attributes scope!");
      const wanted = query["keys"]?.split(",");
      const found = [...values].filter(([key]) => wanted === undefined || wanted.includes(key));
      return ok(found.map(([key, value]) => ({ key, value })));
    },
  },
];
