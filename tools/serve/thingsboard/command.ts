import { Command, Option } from "commander";
import type { ChecksumAlgorithm } from "#agent/pull/checksum.ts";
import { DOCUMENTED_ALGORITHMS } from "#agent/pull/documented.wire.ts";
import { CoapListener } from "#hal/net/coap-server.ts";
import { HttpListener, type ServedHandler } from "#hal/net/http-server.ts";
import { MqttListener } from "#hal/net/mqtt-server.ts";
import type { RestApp } from "#hal/net/rest-app.ts";
import { NodeCrypto } from "#hal/node/crypto.ts";
import { SystemEntropy } from "#hal/node/entropy.ts";
import { Engine } from "#sim/kernel/engine.ts";
import { AdminApi } from "#sim/server/thingsboard/admin/admin-api.ts";
import { CoapDeviceApi } from "#sim/server/thingsboard/coap-device-api.ts";
import { CoapEndpoint } from "#sim/server/thingsboard/coap-endpoint.ts";
import type { ServerDevice, TelemetryValue } from "#sim/server/thingsboard/device.ts";
import { DOCUMENTED } from "#sim/server/thingsboard/documented.ts";
import { ChunkFaults } from "#sim/server/thingsboard/faults.ts";
import { FileFaults } from "#sim/server/thingsboard/file-faults.ts";
import { FileServer } from "#sim/server/thingsboard/file-server.ts";
import { HttpDeviceApi } from "#sim/server/thingsboard/http-device-api.ts";
import type { HttpHandler } from "#sim/server/thingsboard/http-exchange.ts";
import { MqttSession, type MqttSessionOptions } from "#sim/server/thingsboard/mqtt-session.ts";
import type { NewPackage } from "#sim/server/thingsboard/ota-package.ts";
import { QUIRKS, type Quirk } from "#sim/server/thingsboard/quirks.ts";
import { type RateLimit, RateLimits } from "#sim/server/thingsboard/rate-limit.ts";
import { ThingsBoard } from "#sim/server/thingsboard/server.ts";
import { THINGSBOARD } from "#sim/server/thingsboard/server-dialect.ts";
import { EXIT, InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { WallClock } from "#tools/fleet/wall-clock.ts";
import { collected, integer, type RunParts } from "#tools/run/command.ts";
import { type FaultOptions, withFaultOptions } from "../fault-option.ts";
import { type ListeningOptions, withListeningOptions } from "../listening.ts";
import { refusable } from "../refusable.ts";
import { adminApp } from "./admin.ts";
import { algorithm, algorithms, quirk, rateLimit, rootUrl } from "./arguments.ts";

interface ThingsBoardOptions extends ListeningOptions, FaultOptions {
  readonly dialect: "thingsboard" | "documented";
  readonly token?: readonly string[];
  readonly devices: number;
  readonly package?: string;
  readonly title: string;
  readonly version?: string;
  readonly admin: string;
  readonly checksum: ChecksumAlgorithm;
  readonly software?: true;
  readonly assignAfter: number;
  readonly atUrl?: string | true;
  readonly rateLimit?: RateLimit;
  readonly without?: readonly Quirk[];
}

const PACKAGE_BYTES_MAX = 64 * 1024 * 1024;
/** ThingsBoard's own, of a tenant's first administrator. */
const ADMIN_PASSWORD = "tenant";
/** `HTTP_MAX_PAYLOAD_SIZE_LIMIT_CONFIGURATION`. */
const ADMIN_BODY_BYTES_MAX = 16 * 1024 * 1024;
const DEVICE_BODY_BYTES_MAX = 1024 * 1024;
const PROFILE = "default";

export function thingsBoardCommand(parts: RunParts): Command {
  return withFaultOptions(withListeningOptions(new Command("thingsboard")), "of files (--at-url)")
    .description("ThingsBoard's device API, and as much of its admin API as updates need")
    .addOption(
      new Option("--dialect <name>", "the server as it is, or as a document has it")
        .choices(["thingsboard", "documented"])
        .default("thingsboard"),
    )
    .option("--package <file>", "assigns a package with these bytes, as they are")
    .option("--version <version>", "of the package")
    .option("--title <title>", "of the package", "fw")
    .option("--checksum <algorithm>", `one of ${algorithms().join(", ")}`, algorithm, "SHA256")
    .option("--software", "it is a software package (sw_)")
    .option("--token <token>", "a device's access token; again for more devices", collected)
    .option(
      "--devices <n>",
      "more devices, with the tokens device-1, device-2, …",
      integer(0, 100_000),
      0,
    )
    .option(
      "--assign-after <s>",
      "assigns the package so long after the start",
      integer(0, 86_400),
      0,
    )
    .option(
      "--at-url [root]",
      "gives it at a URL of this server instead of in chunks; root: how devices reach it",
      rootUrl,
    )
    .option(
      "--admin <name>",
      `may log in to the admin API, with FUOTA_PASSWORD or "${ADMIN_PASSWORD}"`,
      "tenant@thingsboard.org",
    )
    .option("--rate-limit <n:s>", "of each device: requests in seconds", rateLimit)
    .option("--without <quirk>", `turns off one of ${Object.keys(QUIRKS).join(", ")}`, quirk)
    .action(async (options: ThingsBoardOptions) => {
      process.exitCode = await serveThingsBoard(options, parts);
    });
}

async function serveThingsBoard(options: ThingsBoardOptions, parts: RunParts): Promise<number> {
  const { terminal, now } = parts;
  requireWords(options);
  const facts = packageOf(options);
  const startedMs = now();
  const say = (text: string) =>
    terminal.out(`${((now() - startedMs) / 1000).toFixed(1).padStart(7)} s  ${text}\n`);
  const story = storyOf(say);
  const engine = new Engine();
  const clock = new WallClock(engine, 0);
  const server = new ThingsBoard({
    scheduler: engine,
    entropy: new SystemEntropy(),
    originUnixMs: Date.now(),
    dialect: options.dialect === "documented" ? DOCUMENTED : THINGSBOARD,
    quirks: Object.fromEntries((options.without ?? []).map((name) => [name, false])),
    onTelemetry: story,
    onAttribute: story,
  });
  const tokens = tokensOf(options);
  for (const token of tokens) server.addDevice(token, token);
  server.profile(PROFILE);
  const password = process.env["FUOTA_PASSWORD"] ?? ADMIN_PASSWORD;
  const admin = new AdminApi(server, { username: options.admin, password }, new NodeCrypto());
  const { rateLimit: limit, fault: faults } = options;
  const disturbances = {
    ...(limit === undefined ? {} : { rateLimit: limit }),
    ...(faults === undefined ? {} : { faults }),
  };
  const api = new HttpDeviceApi(server, disturbances);
  const files = new FileServer();
  // Who asks for a file does not say which device it is.
  const ofFiles = new FileFaults(faults ?? [], options.chunk).over(files.handle, "any", () => {});
  const app = adminApp(admin, parts.version);
  const listener = await listenForHttp(options, { device: api, files: ofFiles, app }, clock);
  const { signal, end } = parts.interruption();
  let mqtt: MqttListener | undefined;
  let coap: CoapListener | undefined;
  try {
    const ofSessions = {
      faults: new ChunkFaults(faults ?? []),
      rateLimits: new RateLimits<ServerDevice>(limit),
    };
    mqtt = await listenForMqtt(options, server, ofSessions, clock);
    coap = await listenForCoap(options, new CoapDeviceApi(server, disturbances), server, clock);
    const urls = [listener, mqtt, coap].flatMap((one) => one?.url ?? []).join(" and ");
    terminal.out(`ThingsBoard's device API at ${urls} for ${tokens.length} devices\n`);
    terminal.out(`admin API: ${listener.url}/openapi\n`);
    if (facts !== undefined) {
      const url = fileUrlOf(options, listener.url, files, facts.data);
      const ota = admin.addPackage(url === undefined ? facts : { ...facts, url }, PROFILE);
      const { kind, title, version, data, algorithm: of, checksum } = ota;
      const place = url === undefined ? "" : `, at ${url}`;
      terminal.out(`${title} ${version}, ${data.length} bytes, ${of} ${checksum}${place}\n`);
      const assign = () => server.assignToProfile(PROFILE, kind, ota);
      engine.schedule(options.assignAfter * 1_000_000, assign);
    }
    const stopped = new Promise<void>((resolve) => {
      signal.addEventListener("abort", () => resolve());
    });
    await Promise.race([stopped, clock.run()]);
    return EXIT.interrupted;
  } finally {
    end();
    clock.stop();
    await listener.close();
    await mqtt?.close();
    await coap?.close();
  }
}

/** Throws `InputError`: the document knows nothing of ThingsBoard's surprises, nor of all that it has. */
function requireWords({ dialect, without = [], checksum }: ThingsBoardOptions): void {
  if (dialect === "thingsboard") return;
  if (without.length > 0) throw new InputError("--without: --dialect documented has none of them");
  if (DOCUMENTED_ALGORITHMS.some((name) => name === checksum)) return;
  const known = DOCUMENTED_ALGORITHMS.join(", ");
  throw new InputError(`--checksum: --dialect documented knows ${known}`);
}

function packageOf(options: ThingsBoardOptions): Omit<NewPackage, "id"> | undefined {
  const { package: path, title, version, checksum: algorithm, software } = options;
  if (path === undefined) return undefined;
  if (version === undefined) throw new InputError("--package needs a --version");
  const data = readInputFile(path, PACKAGE_BYTES_MAX);
  return { kind: software === true ? "sw" : "fw", title, version, algorithm, data };
}

const FILE_PATH = "/files/package.bin";

/** Where the package lies, if it is not given in chunks. */
function fileUrlOf(
  { atUrl }: ThingsBoardOptions,
  ownUrl: string,
  files: FileServer,
  data: Uint8Array,
): string | undefined {
  if (atUrl === undefined) return undefined;
  files.add(FILE_PATH, data);
  return new URL(FILE_PATH, atUrl === true ? ownUrl : atUrl).href;
}

interface HttpFaces {
  readonly device: HttpDeviceApi;
  readonly files: HttpHandler;
  readonly app: RestApp;
}

/** The device API and the admin API share a port, as they do there; and so do the files. */
function listenForHttp(
  { host, port }: ThingsBoardOptions,
  { device, files, app }: HttpFaces,
  clock: WallClock,
): Promise<HttpListener> {
  const isOfDevice = (path: string) => path.startsWith("/api/v1/");
  const handler: ServedHandler = (request, respond) => {
    clock.sync();
    if (isOfDevice(request.path)) return device.handle(request, respond);
    if (request.path.startsWith(FILE_PATH)) return files(request, respond);
    void app.handle(request).then(respond);
    return () => {};
  };
  const bodyBytesMaxOf = (path: string) =>
    isOfDevice(path) ? DEVICE_BODY_BYTES_MAX : ADMIN_BODY_BYTES_MAX;
  return refusable(HttpListener.open(host, port, handler, { bodyBytesMaxOf }));
}

function listenForMqtt(
  { host, mqtt: port }: ThingsBoardOptions,
  server: ThingsBoard,
  ofSessions: MqttSessionOptions,
  clock: WallClock,
): Promise<MqttListener> | undefined {
  if (port === undefined) return undefined;
  return refusable(
    MqttListener.open(host, port, (connection) => {
      clock.sync();
      return new MqttSession(server, connection, ofSessions);
    }),
  );
}

function listenForCoap(
  { host, coap: port }: ThingsBoardOptions,
  api: CoapDeviceApi,
  server: ThingsBoard,
  clock: WallClock,
): Promise<CoapListener> | undefined {
  if (port === undefined) return undefined;
  return refusable(
    CoapListener.open(host, port, (say) => {
      const endpoint = new CoapEndpoint(server, api.handle, say);
      return (from, message) => {
        clock.sync();
        endpoint.receive(from, message);
      };
    }),
  );
}

function tokensOf({
  token = [],
  devices,
  package: hasPackage,
}: ThingsBoardOptions): readonly string[] {
  const numbered = Array.from({ length: devices }, (_, index) => `device-${index + 1}`);
  const all = [...token, ...numbered];
  return all.length === 0 && hasPackage !== undefined ? ["device-1"] : [...new Set(all)];
}

const TOLD = /^((current_|target_)?[fs]w_version|[fs]w_(state|error|progress))$/;

/** Tells what became of a device, when it is something else than before. */
function storyOf(say: (text: string) => void) {
  const last = new Map<string, TelemetryValue>();
  return ({ name }: ServerDevice, key: string, value: TelemetryValue) => {
    const at = `${name} ${key}`;
    if (!TOLD.test(key) || value === (last.get(at) ?? "")) return;
    last.set(at, value);
    say(`${name}  ${key} ${String(value).replace(/\p{C}/gu, "?")}`);
  };
}
