import { DOCUMENTED_ALGORITHMS } from "#agent/pull/documented.wire.ts";
import { type ResolvedPull, TELL_EVERY_MS } from "#scenarios/pull-defaults.ts";
import type { Problem } from "./explain.ts";

/** Whether a group wants of its server what a server of that kind has no word for. */
export function checkDialect(group: ResolvedPull): Problem | undefined {
  return group.dialect === "drogue" ? checkDrogue(group) : checkThingsBoard(group);
}

function checkThingsBoard(group: ResolvedPull): Problem | undefined {
  const { cbor, server, package: named } = group;
  if (cbor !== "packed") {
    return { path: ["cbor"], text: `is ${cbor}, but thingsboard speaks no CBOR` };
  }
  if (named.checksum === "none") {
    const text = "is none, but thingsboard has one of every package; only drogue may have none";
    return { path: ["package", "checksum"], text };
  }
  if (group.dialect === "documented") return checkDocumented(group) ?? checkFile(group);
  if (!server.calls) return checkFile(group);
  return { path: ["server", "calls"], text: "is true, but thingsboard tells of changes by itself" };
}

/** The document has other checksums, and nothing that one would not expect. */
function checkDocumented({ server, package: { checksum } }: ResolvedPull): Problem | undefined {
  if (!DOCUMENTED_ALGORITHMS.some((known) => known === checksum)) {
    const text = `is ${checksum}; the document has ${DOCUMENTED_ALGORITHMS.join(", ")}`;
    return { path: ["package", "checksum"], text };
  }
  if (server.without.length > 0) {
    return { path: ["server", "without"], text: "turns surprises off that the document has not" };
  }
  if (!server.calls) return undefined;
  return { path: ["server", "calls"], text: "is true, and documented servers call anyway" };
}

/** Who gives the whole file knows of no chunk that could be another than it is. */
function checkFile({ server, package: { atUrl } }: ResolvedPull): Problem | undefined {
  if (atUrl?.ranges !== false) return undefined;
  for (const [at, { kind }] of server.chunkFaults.entries()) {
    if (kind !== "empty" && kind !== "short" && kind !== "long" && kind !== "flipped") continue;
    const text = `is ${kind}, but a file without ranges has no chunks`;
    return { path: ["server", "chunkFaults", at, "kind"], text };
  }
  return undefined;
}

function checkDrogue(group: ResolvedPull): Problem | undefined {
  const { longPolls, software, transport, server, title, package: named } = group;
  const problem = (path: Problem["path"], text: string): Problem => ({ path, text });
  if (longPolls) return problem(["longPolls"], "is true, but drogue has no such poll");
  if (software) return problem(["software"], "is true, but drogue knows firmware only");
  if (named.title !== title) {
    return problem(["package", "title"], `is ${named.title}, but drogue has no titles`);
  }
  if (named.tag !== undefined) {
    return problem(["package", "tag"], `is ${named.tag}, but drogue has no tags`);
  }
  if (named.checksum !== "SHA256" && named.checksum !== "none") {
    const text = `is ${named.checksum}, but drogue's checksum is SHA256`;
    return problem(["package", "checksum"], text);
  }
  if (named.atUrl !== undefined) {
    return problem(["package", "atUrl"], "is set, but drogue gives its firmware itself");
  }
  if (server.rateLimit !== undefined) {
    return problem(["server", "rateLimit"], "is set, but drogue limits nobody's requests");
  }
  if (server.tellEveryMs !== TELL_EVERY_MS) {
    const text = `is ${server.tellEveryMs}, but drogue tells nobody one after the other`;
    return problem(["server", "tellEveryMs"], text);
  }
  if (server.calls && transport !== "mqtt") {
    return problem(["server", "calls"], `is true, but by ${transport} nobody listens`);
  }
  return checkFaults(group);
}

function checkFaults({ server, transport }: ResolvedPull): Problem | undefined {
  for (const [at, { kind }] of server.chunkFaults.entries()) {
    const isForeign =
      (kind === "redirect" && transport !== "http") || (kind === "error" && transport === "mqtt");
    if (!isForeign) continue;
    const text = `is ${kind}, but drogue by ${transport} has no word for it`;
    return { path: ["server", "chunkFaults", at, "kind"], text };
  }
  return undefined;
}
