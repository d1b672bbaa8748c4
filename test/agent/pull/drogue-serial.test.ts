import { expect, test } from "vitest";
import { drogueCommand } from "#agent/pull/drogue.wire.ts";
import { drogueFrame } from "#agent/pull/drogue-frame.ts";
import { DrogueSerial } from "#agent/pull/drogue-serial.ts";
import { encodePostcard } from "#agent/wire/postcard.ts";
import { DialectBench, TARGET } from "./documented-bench.ts";

test("a host that sends on while nobody reads: some frames are held, the others are lost", () => {
  const bench = new DialectBench(new DrogueSerial({ firstCorrelationId: 1 }));
  const command = { name: "Wait", correlationId: undefined, poll: 7 } as const;
  const frame = drogueFrame(encodePostcard(drogueCommand, command)) ?? new Uint8Array(0);
  for (let times = 0; times < 1000; times++) {
    bench.dialect.step({ type: "serialData", at: 0, bytes: frame }, bench);
  }
  let answers = 0;
  for (let times = 0; times < 1000; times++) {
    bench.ask(TARGET);
    const none = { type: "serialData", at: 0, bytes: new Uint8Array(0) } as const;
    if (bench.dialect.step(none, bench) !== undefined) answers += 1;
    bench.dialect.giveUp();
  }
  expect(answers).toBe(64);
});
