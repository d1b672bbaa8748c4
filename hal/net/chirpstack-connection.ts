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

  constructor(message: string, code: number, cause: unknown) {
    super(message, { cause });
    this.isNotFound = code === status.NOT_FOUND;
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

/** One gRPC channel to a ChirpStack v4 API, and the token that opens it. */
export class ChirpStackConnection {
  readonly #address: string;
  readonly #by: ChannelCredentials;
  readonly #metadata = new Metadata();
  readonly #clients: Client[] = [];

  /** `address`: `host:port`, or `https://host:port` for TLS. */
  constructor(address: string, apiKey: string) {
    const [, scheme, rest = address] = /^(https?):\/\/(.*?)\/?$/.exec(address) ?? [];
    this.#address = rest;
    this.#by = scheme === "https" ? credentials.createSsl() : credentials.createInsecure();
    this.#metadata.set("authorization", `Bearer ${apiKey}`);
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
    const where = `ChirpStack at ${this.#address}`;
    if (code === status.UNAUTHENTICATED) {
      return new ApiRefused(`${where}: does not accept the API key`, code, error);
    }
    if (code === status.UNAVAILABLE) {
      return new ApiRefused(`${where}: cannot be reached: ${details}`, code, error);
    }
    return new ApiRefused(`${where}: ${details}`, code, error);
  }
}
