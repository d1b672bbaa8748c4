import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { CommandEngine } from "#hal/serial/command-engine.ts";
import { rui3 } from "#hal/serial/dialects/rui3.ts";
import { type Transport, TransportError } from "#hal/serial/transport.ts";
import { eventText } from "./event-text.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

class Bench {
  readonly written: string[] = [];
  readonly events: string[] = [];
  readonly engine: CommandEngine;
  writeFails = false;

  constructor() {
    const transport: Transport = {
      write: async (bytes) => {
        if (this.writeFails) throw new TransportError("lost", "gone");
        this.written.push(Buffer.from(bytes).toString());
      },
      close: async () => {},
    };
    this.engine = new CommandEngine(transport, rui3, (event) => this.events.push(eventText(event)));
  }

  hear(text: string): void {
    this.engine.receive(Buffer.from(text));
  }
}

test("a query has data and an end; an event in between is told apart", async () => {
  const bench = new Bench();
  const reply = bench.engine.request("AT+NJS=?");
  bench.hear("AT+NJS=1\r\n+EVT:JOI");
  bench.hear("NED\r\nOK\r\n");
  expect(await reply).toEqual({ outcome: "ok", data: ["AT+NJS=1"], end: "OK" });
  expect(bench.events).toEqual(["joined"]);
});

test("one command at a time, the urgent first, in order", async () => {
  const bench = new Bench();
  const replies = [
    bench.engine.request("AT+DR=?"),
    bench.engine.request("AT+ADR=?"),
    bench.engine.request("AT+CLASS=A", { isUrgent: true }),
    bench.engine.request("AT+CLASS=C", { isUrgent: true }),
  ];
  expect(bench.written).toEqual(["AT+DR=?\r\n"]);
  for (const data of ["AT+DR=5\r\n", "", "", "AT+ADR=0\r\n"]) bench.hear(`${data}OK\r\n`);
  await Promise.all(replies);
  expect(bench.written.map((text) => text.trim())).toEqual([
    "AT+DR=?",
    "AT+CLASS=A",
    "AT+CLASS=C",
    "AT+ADR=?",
  ]);
});

test("an OK without the data that was asked for is the late one of another command", async () => {
  const bench = new Bench();
  const reply = bench.engine.request("AT+NJS=?");
  bench.hear("OK\r\nAT+DR=5\r\nOK\r\nAT+NJS=0\r\nOK\r\n");
  expect(await reply).toEqual({ outcome: "ok", data: ["AT+NJS=0"], end: "OK" });
});

test("a refusal is a value", async () => {
  const bench = new Bench();
  const reply = bench.engine.request("AT+SEND=1:00");
  bench.hear("AT_BUSY_ERROR\r\n");
  expect(await reply).toEqual({ outcome: "refused", data: [], end: "AT_BUSY_ERROR" });
});

test("echo, CR and LF around, and 4 KiB of noise do no harm", async () => {
  const bench = new Bench();
  const reply = bench.engine.request("AT");
  bench.hear(`AT\n\r${"\u0001".repeat(4096)}x\r\n\r\nOK\r\n`);
  expect((await reply).outcome).toBe("ok");
});

describe("silence", () => {
  test("ends a command, and its late OK is not taken for the next one's", async () => {
    const bench = new Bench();
    const first = bench.engine.request("AT+CLASS=C", { timeoutMs: 2000 });
    await vi.advanceTimersByTimeAsync(2000);
    expect((await first).outcome).toBe("silent");

    const second = bench.engine.request("AT+SEND=1:00");
    expect(bench.written.at(-1)).toBe("\r\nAT\r\n");
    bench.hear("OK\r\n");
    await vi.advanceTimersByTimeAsync(20);
    bench.hear("OK\r\n");
    await vi.advanceTimersByTimeAsync(49);
    expect(bench.written.at(-1)).toBe("\r\nAT\r\n");
    await vi.advanceTimersByTimeAsync(1);
    expect(bench.written.at(-1)).toBe("AT+SEND=1:00\r\n");
    bench.hear("AT_BUSY_ERROR\r\n");
    expect((await second).outcome).toBe("refused");
  });

  test("goes on: the next command is tried nevertheless", async () => {
    const bench = new Bench();
    const replies = [bench.engine.request("AT+DR=?"), bench.engine.request("AT+ADR=?")];
    await vi.advanceTimersByTimeAsync(5000);
    expect((await Promise.all(replies)).map(({ outcome }) => outcome)).toEqual([
      "silent",
      "silent",
    ]);
  });

  test("on a line that is not cleared: nothing is sent, as what was given up may be answered yet", async () => {
    const bench = new Bench();
    const replies = [bench.engine.request("AT+CLASS=C"), bench.engine.request("AT+SEND=1:00")];
    await vi.advanceTimersByTimeAsync(2000);
    expect((await Promise.all(replies)).map(({ outcome }) => outcome)).toEqual([
      "silent",
      "silent",
    ]);
    expect(bench.written).toEqual(["AT+CLASS=C\r\n", "\r\nAT\r\n"]);
    const next = bench.engine.request("AT+DR=5");
    bench.hear("OK\r\nOK\r\n");
    await vi.advanceTimersByTimeAsync(50);
    expect(bench.written.at(-1)).toBe("AT+DR=5\r\n");
    bench.hear("OK\r\n");
    expect((await next).outcome).toBe("ok");
  });

  test.each([
    ["a command", 0],
    ["the clearing of the line", 1],
  ])("proves nothing to a process that was stopped: %s waits a moment more", async (_, before) => {
    const bench = new Bench();
    for (let count = 0; count < before; count++) {
      const silent = bench.engine.request("AT+CLASS=C");
      await vi.advanceTimersByTimeAsync(1000);
      await silent;
    }
    const reply = bench.engine.request("AT+NJS=?");
    await vi.advanceTimersByTimeAsync(0);
    const clock = performance.now.bind(performance);
    const stopped = vi.spyOn(performance, "now").mockImplementation(() => clock() + 5000);
    await vi.advanceTimersByTimeAsync(1000);
    stopped.mockRestore();
    for (let count = 0; count < before; count++) {
      bench.hear("OK\r\nOK\r\n");
      await vi.advanceTimersByTimeAsync(50);
    }
    bench.hear("AT+NJS=1\r\nOK\r\n");
    expect((await reply).outcome).toBe("ok");
  });

  test("is how some replies end", async () => {
    const bench = new Bench();
    const reply = bench.engine.request("AT+DR=?", { silenceMs: 200 });
    bench.hear("AT+DR=5\r\n");
    await vi.advanceTimersByTimeAsync(200);
    expect(await reply).toEqual({ outcome: "ok", data: ["AT+DR=5"], end: "" });
  });
});

test("a restart ends the command that waits", async () => {
  const bench = new Bench();
  const reply = bench.engine.request("AT+SEND=1:00");
  bench.hear("Current Work Mode: LoRaWAN.\r\n");
  expect((await reply).outcome).toBe("restarted");
  expect(bench.events).toEqual(["restarted LoRaWAN"]);
});

test("a banner may be older than the command: the reply after it is not the next one's", async () => {
  const bench = new Bench();
  const first = bench.engine.request("AT+NJS=?");
  bench.hear("Current Work Mode: LoRaWAN.\r\nAT+NJS=0\r\n");
  expect((await first).outcome).toBe("restarted");
  const second = bench.engine.request("AT+DR=?");
  bench.hear("OK\r\nOK\r\n");
  await vi.advanceTimersByTimeAsync(50);
  bench.hear("AT+DR=5\r\nOK\r\n");
  expect(await second).toEqual({ outcome: "ok", data: ["AT+DR=5"], end: "OK" });
});

describe("a transport that closes", () => {
  test("rejects what waits and what comes", async () => {
    const bench = new Bench();
    const replies = [bench.engine.request("AT"), bench.engine.request("AT+DR=?")];
    bench.engine.close(new TransportError("lost", "gone"));
    for (const reply of replies) await expect(reply).rejects.toThrow(TransportError);
    await expect(bench.engine.request("AT")).rejects.toThrow("gone");
  });

  test("is noticed by writing to it", async () => {
    const bench = new Bench();
    bench.writeFails = true;
    await expect(bench.engine.request("AT")).rejects.toThrow("gone");
  });

  test("ends the clearing of the line", async () => {
    const bench = new Bench();
    const first = bench.engine.request("AT+DR=?");
    await vi.advanceTimersByTimeAsync(1000);
    await first;
    const second = bench.engine.request("AT+DR=?");
    bench.engine.close();
    await expect(second).rejects.toThrow(TransportError);
  });
});
