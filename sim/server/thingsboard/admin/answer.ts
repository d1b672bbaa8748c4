/** What the admin API is asked, once somebody has parsed it, and what it answers. */
export interface AdminInput {
  /** Of the path. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Parsed JSON; undefined where none came. */
  readonly body: unknown;
  /** The part `file` of an upload. */
  readonly file: UploadedFile | undefined;
}

export interface UploadedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: Uint8Array;
}

export type AdminAnswer =
  | { readonly status: number; readonly json: unknown }
  /** 200, with the bytes of a package. */
  | { readonly status: 200; readonly file: UploadedFile };

/** The server says no: a status, and a sentence for people. */
export class AdminRefusal extends Error {
  override readonly name = "AdminRefusal";
  readonly status: number;
  readonly errorCode: number;

  constructor(reason: keyof typeof REFUSALS, message: string) {
    super(message);
    const { status, errorCode } = REFUSALS[reason];
    this.status = status;
    this.errorCode = errorCode;
  }
}

/** ThingsBoard's ThingsboardErrorCode, and the status that each comes with. */
const REFUSALS = {
  authentication: { status: 401, errorCode: 10 },
  expired: { status: 401, errorCode: 11 },
  badRequest: { status: 400, errorCode: 31 },
  notFound: { status: 404, errorCode: 32 },
  conflict: { status: 409, errorCode: 35 },
  tooLarge: { status: 413, errorCode: 31 },
} as const;

export function refusalAnswer(refusal: AdminRefusal, timestamp: number): AdminAnswer {
  const { status, message, errorCode } = refusal;
  return { status, json: { status, message, errorCode, timestamp } };
}

export function ok(json: unknown): AdminAnswer {
  return { status: 200, json };
}
