import { RestApp, type RestCall, type RestRoute } from "#hal/net/rest-app.ts";
import {
  ADMIN_ROUTES,
  type AdminApi,
  LOGIN_ROUTES,
} from "#sim/server/thingsboard/admin/admin-api.ts";
import { API_PAGE } from "./api-page.ts";

/** The admin API on paths of HTTP, with its description at `/openapi`. */
export function adminApp(api: AdminApi, version: string): RestApp {
  const logins = LOGIN_ROUTES.map(
    (route): RestRoute => ({
      ...route,
      query: {},
      body: route.body,
      needsLogin: false,
      handle: (call) => api.logIn(route, call),
    }),
  );
  const others = ADMIN_ROUTES.map(
    (route): RestRoute => ({
      ...route,
      query: route.query ?? {},
      body: route.body,
      needsLogin: true,
      handle: (call) => api.call(route, authorizationOf(call), call),
    }),
  );
  return new RestApp(
    {
      title: "ThingsBoard's admin API, as far as updates need it",
      description:
        "A stand-in. Log in with POST /api/auth/login; send the token as X-Authorization: Bearer TOKEN.",
      version,
      docsPath: "/openapi",
      loginHeader: "X-Authorization",
      page: API_PAGE,
      refuse: (status) => ({ status, json: { status, ...REFUSALS[status] } }),
    },
    [...logins, ...others],
  );
}

const REFUSALS = {
  400: { message: "The request cannot be read.", errorCode: 31 },
  404: { message: "Requested item wasn't found!", errorCode: 32 },
} as const;

function authorizationOf({ headers }: RestCall): string | undefined {
  return headers["x-authorization"] ?? headers["authorization"];
}
