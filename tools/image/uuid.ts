import { createHash } from "node:crypto";

const UUID_BYTES = 16;
/** Namespace of domain names (RFC 9562 §6.6). */
const DNS_NAMESPACE = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
const DASHED = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const BARE = /^[0-9a-f]{32}$/i;

/** A UUID as it is written, or undefined when the text is a name. */
export function uuidOf(text: string): Uint8Array | undefined {
  if (!DASHED.test(text) && !BARE.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text.replaceAll("-", ""), "hex"));
}

/** The vendor's UUID, or version 5 of its domain name, as imgtool has it. */
export function vendorIdOf(text: string): Uint8Array {
  return uuidOf(text) ?? nameUuid(DNS_NAMESPACE, text);
}

/** The class's UUID, or version 5 of its name in the vendor's namespace. */
export function classIdOf(text: string, vendorId: Uint8Array | undefined): Uint8Array | undefined {
  const uuid = uuidOf(text);
  if (uuid !== undefined || vendorId === undefined) return uuid;
  return nameUuid(vendorId, text);
}

/** RFC 9562 §5.5. */
function nameUuid(namespace: Uint8Array, name: string): Uint8Array {
  const uuid = createHash("sha1").update(namespace).update(name).digest().subarray(0, UUID_BYTES);
  uuid[6] = ((uuid[6] ?? 0) & 0x0f) | 0x50;
  uuid[8] = ((uuid[8] ?? 0) & 0x3f) | 0x80;
  return new Uint8Array(uuid);
}

export function formatUuid(bytes: Uint8Array): string {
  const digits = Buffer.from(bytes).toString("hex");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
