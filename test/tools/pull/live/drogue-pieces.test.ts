import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type DrogueCommand,
  type DrogueStatus,
  drogueCommand,
  drogueStatus,
} from "#agent/pull/drogue.wire.ts";
import { decodeCbor, encodeCbor } from "#agent/wire/cbor.ts";
import type { HttpOutcome } from "#sim/server/thingsboard/http-exchange.ts";
import { DroguePieces } from "#tools/pull/live/drogue-pieces.ts";
import { BridgeBench, ERROR, SHORT } from "./bridge-bench.ts";

const VERSION = new TextEncoder().encode("2");
const PATH = "/v1/dfu?ct=8";

const status = (correlationId: number | undefined, offset: number | undefined) => {
  const update = offset === undefined ? undefined : { version: VERSION, offset };
  const said: DrogueStatus = { version: VERSION, mtu: 100, correlationId, update };
  return encodeCbor(drogueStatus, said, "packed");
};
const write = (correlationId: number | undefined, offset: number): DrogueCommand => ({
  ...{ name: "Write", version: VERSION, correlationId, offset, data: new Uint8Array(4).fill(7) },
});
const encoded = (command: DrogueCommand) => encodeCbor(drogueCommand, command, "packed");

function bench() {
  const world = new BridgeBench();
  const pieces = new DroguePieces(world, 100);
  const ask = (body: Uint8Array, path = PATH) =>
    pieces.ofHttp({ method: "POST", path, headers: {}, body });
  return { world, pieces, ask };
}

test.each<[string, number | undefined, DrogueCommand, readonly string[]]>([
  ["the first piece of a chunk", 0, write(1, 200), ["chunk 2, 4 bytes"]],
  ["another one", 0, write(1, 260), ["more of chunk 2, 4 bytes"]],
  ["for who only asks what there is", undefined, write(1, 0), []],
  ["in answer to somebody else", 0, write(2, 200), []],
  ["in answer to nobody", 0, write(undefined, 200), []],
  ["nothing to write", 0, { name: "Wait", correlationId: 1, poll: 60 }, []],
  ["the end", 0, { name: "Swap", version: VERSION, correlationId: 1, checksum: VERSION }, []],
])("%s", (_, offset, command, told) => {
  const { world, ask } = bench();
  const spoil = ask(status(1, offset));
  expect(spoil?.(encoded(command))).toMatchObject({ status: 200, body: encoded(command) });
  expect(world.told).toEqual(told);
});

test("a status without a number has an answer without one", () => {
  const { world, ask } = bench();
  ask(status(undefined, 0))?.(encoded(write(undefined, 0)));
  expect(world.told).toEqual(["chunk 0, 4 bytes"]);
});

test("what is spoilt is a command with other data, or no command", () => {
  const { world, ask } = bench();
  const spoil = ask(status(1, 0));
  world.outcome = SHORT;
  const outcome = spoil?.(encoded(write(1, 0)));
  const body = typeof outcome === "object" ? outcome.body : new Uint8Array(0);
  expect(decodeCbor(drogueCommand, body)).toEqual({
    ok: true,
    value: { ...write(1, 0), data: new Uint8Array(1) },
  });
  for (const other of ["close", "silence", ERROR] satisfies HttpOutcome[]) {
    world.outcome = other;
    expect(spoil?.(encoded(write(1, 0)))).toEqual(other);
  }
});

test("an answer may be late by some statuses, and no more", () => {
  const { world, ask } = bench();
  for (let id = 1; id <= 20; id++) ask(status(id, 0));
  const spoil = ask(status(20, 0));
  for (const id of [4, 5, 20]) spoil?.(encoded(write(id, 100 * id)));
  expect(world.told).toEqual(["chunk 5, 4 bytes", "chunk 20, 4 bytes"]);
});

test("each transport has its place for it", () => {
  const { world, pieces, ask } = bench();
  expect(ask(status(1, 0), "/v1/other")).toBeUndefined();
  const coap = (path: readonly string[]) =>
    pieces.ofCoap({
      ...{ type: "con", code: 2, messageId: 1, token: "1", payload: status(3, 0), path, query: [] },
      ...{ observe: undefined, block1: undefined, block2: undefined, isUnderstood: true },
    });
  expect(coap(["v1"])).toBeUndefined();
  coap(["v1", "dfu"])?.(encoded(write(3, 0)));
  pieces.onPublish("other", status(4, 0));
  pieces.onPublish("dfu", status(5, 0));
  for (const topic of ["command/inbox//other", "command/dfu", "command/inbox/a/b/dfu"]) {
    expect(pieces.ofMqtt(topic)).toBeUndefined();
  }
  const spoil = pieces.ofMqtt("command/inbox//dfu");
  for (const id of [4, 5]) spoil?.(encoded(write(id, 100 * id)));
  expect(world.told).toEqual(["chunk 0, 4 bytes", "chunk 5, 4 bytes"]);
});

test("whatever is said goes through as it is", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.uint8Array({ maxLength: 80 }),
      (said, heard) => {
        const { world, ask } = bench();
        expect(ask(said)?.(heard)).toEqual({ status: 200, headers: {}, body: heard });
        expect(world.told).toEqual([]);
      },
    ),
  );
});
