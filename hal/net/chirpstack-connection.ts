import {
  type ChannelCredentials,
  type Client,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from "@grpc/grpc-js";

/** The server cannot be reached, or does not let us. */
export class ApiRefused extends Error {
  override readonly name = "ApiRefused";
  readonly isNotFound: boolean;
  /** An error without a status: what a server in Go says of a call that it has understood. */
  readonly isItsOwn: boolean;

  constructor(message: string, code: number, cause: unknown) {
    super(message, { cause });
    this.isNotFound = code === status.NOT_FOUND;
    this.isItsOwn = code === status.UNKNOWN;
  }
}

type Callback<Response> = (error: ServiceError | null, response?: Response) => void;
type Unary<Request, Response> = (
  request: Request,
  metadata: Metadata,
  options: { readonly deadline: number },
  callback: Callback<Response>,
) => unknown;
type ClientClass<Stub extends Client> = new (address: string, by: ChannelCredentials) => Stub;

const DEADLINE_MS = 30_000;

/** One gRPC channel to an API of the ChirpStack family, and the token that opens it. */
export class ChirpStackConnection {
  readonly #server: string;
  readonly #address: string;
  readonly #by: ChannelCredentials;
  readonly #metadata = new Metadata();
  readonly #clients: Client[] = [];

  /** `address`: `host:port`, or `https://host:port` for TLS. `server`: what a person calls it. */
  constructor(address: string, apiKey: string | undefined, server = "ChirpStack") {
    this.#server = server;
    const [, scheme, rest = address] = /^(https?):\/\/(.*?)\/?$/.exec(address) ?? [];
    this.#address = rest;
    this.#by = scheme === "https" ? credentials.createSsl() : credentials.createInsecure();
    if (apiKey !== undefined) this.#metadata.set("authorization", `Bearer ${apiKey}`);
  }

  client<Stub extends Client>(type: ClientClass<Stub>): Stub {
    const made = new type(this.#address, this.#by);
    this.#clients.push(made);
    return made;
  }

  /** Calls one method of a client. Rejects with {@link ApiRefused}. */
  call<Request, Response>(
    client: Client,
    method: Unary<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { deadline: Date.now() + DEADLINE_MS };
      method.call(client, request, this.#metadata, options, (error, response) => {
        if (error !== null) reject(this.#refusal(error));
        else if (response === undefined) reject(new RangeError("a call without an answer"));
        else resolve(response);
      });
    });
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  #refusal(error: ServiceError): ApiRefused {
    const { code, details } = error;
    const where = `${this.#server} at ${this.#address}`;
    if (code === status.UNAUTHENTICATED) {
      return new ApiRefused(`${where}: does not accept the API key`, code, error);
    }
    if (code === status.UNAVAILABLE) {
      return new ApiRefused(`${where}: cannot be reached: ${details}`, code, error);
    }
    if (code === status.UNIMPLEMENTED) {
      return new ApiRefused(`${where}: does not know the call: another server?`, code, error);
    }
    return new ApiRefused(`${where}: ${details}`, code, error);
  }
}

/** Undefined when there is no such thing. */
export async function ifThere<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof ApiRefused && error.isNotFound)) throw error;
    return undefined;
  }
}
