import { describe, expect, test } from "vitest";
import { type DrogueCommand, drogueCommand } from "#agent/pull/drogue.wire.ts";
import { DrogueMqtt } from "#agent/pull/drogue-mqtt.ts";
import { encodeCbor } from "#agent/wire/cbor.ts";
import { CHANGE, chunkOf, DialectBench, TARGET, unsized } from "./documented-bench.ts";

type Bench = DialectBench<DrogueMqtt>;
const FIRST_ID = 10;

/** With a connection that stands; what is asked first has the number after {@link FIRST_ID}. */
function connected(child?: string): Bench {
  const own = child === undefined ? {} : { child };
  const options = { spelling: "packed", firstCorrelationId: FIRST_ID, ...own } as const;
  const bench = new DialectBench(new DrogueMqtt(options)).ask(CHANGE);
  bench.dialect.step({ type: "mqttConnected", at: 0 }, bench);
  bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
  bench.take();
  return bench;
}

function command(
  bench: Bench,
  correlationId: number | undefined,
  topic = "command/inbox//dfu",
  change: Partial<DrogueCommand> = {},
) {
  const said = { name: "Wait", correlationId, poll: 7, ...change } as DrogueCommand;
  const payload = encodeCbor(drogueCommand, said, "packed");
  return bench.dialect.step({ type: "mqttMessage", at: 0, topic, payload }, bench);
}

const later = { type: "later", pollS: 7 };
const closed = { type: "mqttClosed", at: 0, detail: "why", isUnknown: false } as const;

describe("whose commands they are", () => {
  test.each([
    { child: undefined, topic: "command/inbox//dfu", is: later },
    { child: undefined, topic: "command/inbox/c1/dfu", is: undefined },
    { child: undefined, topic: "command/inbox//light", is: undefined },
    { child: "c1", topic: "command/inbox/c1/dfu", is: later },
    { child: "c1", topic: "command/inbox//dfu", is: undefined },
    { child: "c1", topic: "command/inbox/c2/dfu", is: undefined },
  ])("for $child: $topic", ({ child, topic, is }) => {
    const bench = connected(child).ask(TARGET);
    expect(command(bench, FIRST_ID + 1, topic)).toEqual(is);
  });
});

describe("a command to nothing that is asked", () => {
  test("speaks of a change, if it is news", () => {
    expect(command(connected().ask(CHANGE), undefined)).toEqual({ type: "changed" });
  });

  test("says nothing, if it is late", () => {
    const bench = connected().ask(TARGET);
    bench.dialect.giveUp(bench);
    bench.ask(CHANGE);
    expect(command(bench, FIRST_ID + 1)).toBeUndefined();
  });

  test("speaks of a change in the middle of a chunk, which still comes", () => {
    const bench = connected().ask(chunkOf(unsized));
    expect(command(bench, 99)).toEqual({ type: "changed" });
    expect(command(bench, FIRST_ID + 1)).toEqual(later);
  });
});

describe("a connection", () => {
  test("that has taken a status is kept when no command comes", () => {
    const bench = connected().ask(TARGET);
    const [published] = bench.take();
    const id = published?.type === "mqttPublish" ? published.id : 0;
    bench.dialect.step({ type: "mqttPublished", at: 0, id }, bench);
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([]);
    expect(bench.ask(TARGET).take()).toMatchObject([{ type: "mqttPublish" }]);
  });

  test("that has not is dead: another one is opened", () => {
    const bench = connected().ask(TARGET);
    bench.take();
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([{ type: "mqttClose" }]);
    expect(bench.ask(TARGET).take()).toEqual([{ type: "mqttConnect" }]);
  });

  test("that took an earlier status only is dead, too", () => {
    const bench = connected().ask(TARGET);
    bench.dialect.step({ type: "mqttPublished", at: 0, id: 1 }, bench);
    command(bench, FIRST_ID + 1);
    bench.ask(TARGET);
    bench.dialect.step({ type: "mqttPublished", at: 0, id: 1 }, bench);
    bench.take();
    bench.dialect.giveUp(bench);
    expect(bench.take()).toEqual([{ type: "mqttClose" }]);
  });

  test("that is new may have missed a change", () => {
    const bench = connected().ask(CHANGE);
    expect(bench.dialect.step(closed, bench)).toEqual({ type: "failed", detail: "why" });
    bench.ask(CHANGE);
    expect(bench.dialect.step({ type: "mqttConnected", at: 0 }, bench)).toBe("reached");
    const said = bench.dialect.step({ type: "mqttSubscribed", at: 0 }, bench);
    expect(said).toEqual({ type: "changed" });
  });
});
