import {
  emptyReply,
  type HttpOutcome,
  type HttpReply,
  type HttpRequest,
  jsonReply,
} from "../thingsboard/http-exchange.ts";
import { basicOf } from "./basic-credentials.ts";
import type { DrogueApplication, DrogueDevice, DrogueRegistry, JsonSection } from "./registry.ts";
import { rfc3339 } from "./rfc3339.ts";

export interface RegistryUser {
  readonly user: string;
  readonly token: string;
}

export const REGISTRY_ROOT = "/api/registry/v1alpha1/apps";

/** The part of Drogue's registry API that an update service needs, and one that rolls out. Sans-IO. */
export class DrogueRegistryApi {
  readonly #registry: DrogueRegistry;
  readonly #user: RegistryUser;

  constructor(registry: DrogueRegistry, user: RegistryUser) {
    this.#registry = registry;
    this.#user = user;
  }

  /** Nothing that a client sends makes it throw. */
  readonly handle = (request: HttpRequest, respond: (outcome: HttpOutcome) => void) => {
    respond(this.#reply(request));
    return () => {};
  };

  #reply({ method, path, headers, body }: HttpRequest): HttpReply {
    const basic = basicOf(headers?.["authorization"]);
    if (basic?.username !== this.#user.user || basic.password !== this.#user.token) {
      return emptyReply(403);
    }
    const [pathname = ""] = path.split("?");
    const names = namesOf(pathname);
    if (names === undefined) return emptyReply(404);
    const [application, devices, device, ...rest] = names;
    if (rest.length > 0) return emptyReply(404);
    if (application === undefined) {
      const all = [...this.#registry.applications.values()].map(applicationJson);
      return method === "GET" ? jsonReply(200, all) : emptyReply(405);
    }
    const owner = this.#registry.applications.get(application);
    if (owner === undefined || (devices !== undefined && devices !== "devices")) {
      return emptyReply(404);
    }
    if (devices === undefined) return this.#one(method, owner, body, applicationJson);
    if (device === undefined) {
      if (method === "POST") return this.#create(owner, body);
      const all = [...owner.devices.values()].map(deviceJson);
      return method === "GET" ? jsonReply(200, all) : emptyReply(405);
    }
    const one = owner.devices.get(device);
    if (one === undefined) return emptyReply(404);
    if (method !== "DELETE") return this.#one(method, one, body, deviceJson);
    owner.devices.delete(device);
    return emptyReply(204);
  }

  #create(owner: DrogueApplication, body: Uint8Array): HttpReply {
    const { metadata, spec = {} } = Object(parseJson(body));
    const { application, name, labels = {} } = Object(metadata);
    if (application !== owner.name || !isName(name)) return emptyReply(400);
    if (!isSection(spec) || !isSection(labels)) return emptyReply(400);
    if (owner.devices.has(name)) return emptyReply(409);
    this.#registry.create(owner, { name, password: undefined, spec, labels: textsOf(labels) });
    const location = `${REGISTRY_ROOT}/${encodeURIComponent(owner.name)}/devices/${encodeURIComponent(name)}`;
    return { ...emptyReply(201), headers: { location } };
  }

  /** What a PUT has is taken whole; of two that read the same, the second is refused. */
  #one<Thing extends DrogueApplication | DrogueDevice>(
    method: string,
    thing: Thing,
    body: Uint8Array,
    jsonOf: (thing: Thing) => object,
  ): HttpReply {
    if (method === "GET") return jsonReply(200, jsonOf(thing));
    if (method !== "PUT") return emptyReply(405);
    const { metadata, spec, status } = Object(parseJson(body));
    const { name, resourceVersion = "", labels = {} } = Object(metadata);
    const sections = [spec ?? {}, status ?? {}, labels];
    if (name !== thing.name || !sections.every(isSection)) return emptyReply(400);
    if (resourceVersion !== "" && resourceVersion !== String(thing.resourceVersion)) {
      return emptyReply(409);
    }
    const [newSpec = {}, newStatus = {}, newLabels = {}] = sections as JsonSection[];
    if (JSON.stringify(newSpec) !== JSON.stringify(thing.spec)) thing.generation += 1;
    thing.spec = newSpec;
    thing.status = newStatus;
    thing.labels = textsOf(newLabels);
    thing.resourceVersion += 1;
    return emptyReply(204);
  }
}

function applicationJson(application: DrogueApplication): object {
  const { spec, status } = application;
  return { metadata: metadataOf(application), spec, status };
}

function deviceJson(device: DrogueDevice): object {
  const { spec, status, application } = device;
  return { metadata: { application: application.name, ...metadataOf(device) }, spec, status };
}

function metadataOf(thing: DrogueApplication | DrogueDevice) {
  const { name, labels, generation, resourceVersion, createdUnixMs } = thing;
  return {
    name,
    creationTimestamp: rfc3339(createdUnixMs),
    generation,
    resourceVersion: String(resourceVersion),
    labels,
  };
}

/** The segments behind the root, decoded. */
function namesOf(pathname: string): readonly string[] | undefined {
  if (pathname !== REGISTRY_ROOT && !pathname.startsWith(`${REGISTRY_ROOT}/`)) return undefined;
  const segments = pathname.slice(REGISTRY_ROOT.length).split("/").filter(Boolean);
  try {
    return segments.map(decodeURIComponent);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return undefined;
  }
}

const NAME_LENGTH_MAX = 255;

function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.length <= NAME_LENGTH_MAX;
}

function textsOf(section: JsonSection): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(section).map(([key, value]) => [key, String(value)]));
}

function isSection(value: unknown): value is JsonSection {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
