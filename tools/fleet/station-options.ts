import { createPrivateKey, X509Certificate } from "node:crypto";
import type { StationCertificate, StationServer } from "#hal/net/station-socket.ts";
import { InputError } from "#tools/errors.ts";
import { readInputFile } from "#tools/files.ts";
import { gatewayIdOf } from "#tools/provision/names.ts";

/** What a person says of the server of Basics Stations. A file name may hold {@link ID}. */
export interface StationOptions {
  readonly station?: string;
  readonly stationCa?: string;
  readonly stationToken?: string;
  readonly stationCert?: string;
  readonly stationKey?: string;
}

const PEM_BYTES_MAX = 1_048_576;
const TOKEN_BYTES_MAX = 16_384;
/** In a file name: the id of a gateway, each with a file of its own. */
const ID = "{id}";

/** One for each gateway. Throws `InputError` for a file that cannot be used, before anything is connected. */
export function stationServers(
  url: string,
  options: StationOptions,
  gateways: number,
): readonly StationServer[] {
  const { stationCa, stationCert, stationKey, stationToken } = options;
  if ((stationCert === undefined) !== (stationKey === undefined)) {
    throw new InputError("--station-cert and --station-key go together");
  }
  if (stationCert !== undefined && !url.startsWith("wss:")) {
    throw new InputError(`--station-cert: ${url} has no TLS; use wss://…`);
  }
  const ca = stationCa === undefined ? {} : { ca: authorityIn(stationCa) };
  const certificateOf = perGateway(stationCert, (cert, at) =>
    certificateIn(cert, at(stationKey ?? "")),
  );
  const tokenOf = perGateway(stationToken, tokenIn);
  return Array.from({ length: gateways }, (_, gateway) => {
    const certificate = certificateOf(gateway);
    const authorization = tokenOf(gateway);
    return {
      url,
      ...ca,
      ...(certificate === undefined ? {} : { certificate }),
      ...(authorization === undefined ? {} : { authorization }),
    };
  });
}

/** Reads a file once, or once for each gateway. */
function perGateway<T>(
  pattern: string | undefined,
  read: (path: string, at: (pattern: string) => string) => T,
): (gateway: number) => T | undefined {
  if (pattern === undefined) return () => undefined;
  const readFor = (gateway: number) => {
    const at = (name: string) => name.replaceAll(ID, gatewayIdOf(gateway));
    return read(at(pattern), at);
  };
  if (pattern.includes(ID)) return readFor;
  const shared = readFor(0);
  return () => shared;
}

function authorityIn(path: string): string {
  const pem = textIn(path, PEM_BYTES_MAX);
  certificateOf(pem, path);
  return pem;
}

/** The file may go on with the certificates of those who signed it. */
function certificateIn(certPath: string, keyPath: string): StationCertificate {
  const cert = textIn(certPath, PEM_BYTES_MAX);
  const key = textIn(keyPath, PEM_BYTES_MAX);
  const own = certificateOf(cert, certPath);
  if (!own.checkPrivateKey(privateKeyOf(key, keyPath))) {
    throw new InputError(`${keyPath}: is not the key of ${certPath}`);
  }
  return { cert, key };
}

function certificateOf(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new InputError(`${path}: holds no certificate in PEM`);
  }
}

function privateKeyOf(pem: string, path: string) {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new InputError(`${path}: holds no private key in PEM that opens without a passphrase`);
  }
}

function tokenIn(path: string): string {
  const token = textIn(path, TOKEN_BYTES_MAX);
  if (/^[\x20-\x7e]+$/.test(token)) return token;
  throw new InputError(`${path}: holds no token, like "Bearer NNSXS.…", in one line`);
}

function textIn(path: string, bytesMax: number): string {
  return Buffer.from(readInputFile(path, bytesMax)).toString().trim();
}
