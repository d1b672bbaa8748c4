import { describe, expect, test } from "vitest";
import { GROUP, ModemBench } from "./modem-bench.ts";

/** Downlinks for the modem alone, in class C: at any time, where RX2 is. */

const hello = new Uint8Array(Buffer.from("hello"));
const HELLO = "68656c6c6f";

function joined(unicastClass: "A" | "C" = "C"): ModemBench {
  const bench = new ModemBench("rui4_2", unicastClass);
  bench.tell("AT+DR=5");
  bench.tell("AT+JOIN", 10);
  // Until it has spoken, a server does not speak to it.
  expect(bench.tell("AT+SEND=10:00", 10)).toEqual(["OK", "+EVT:TX_DONE"]);
  return bench;
}

const send = (bench: ModemBench, seconds = 10) => {
  bench.lab.server.enqueue(bench.lab.device, 3, hello);
  return bench.wait(seconds);
};

describe("RUI3", () => {
  test("hears them without an uplink of its own", () => {
    const bench = joined();
    bench.tell("AT+CLASS=C");
    expect(send(bench)).toEqual([`+EVT:RX_C:-60:8:UNICAST:3:${HELLO}`]);
    expect(bench.tell("AT+RECV=?")[0]).toBe(`AT+RECV=3:${HELLO.toUpperCase()}`);
  });

  test("not in class A", () => {
    expect(send(joined())).toEqual([]);
  });

  test("not any more when it goes back to class A", () => {
    const bench = joined();
    bench.tell("AT+CLASS=C");
    bench.tell("AT+CLASS=A");
    expect(send(bench)).toEqual([]);
  });

  test("not while it listens to a group elsewhere", () => {
    const bench = joined();
    const { nwkSKey, appSKey } = GROUP;
    bench.tell(`AT+ADDMULC=C:11223344:${nwkSKey}:${appSKey}:868300000:5`);
    bench.tell("AT+CLASS=C");
    expect(send(bench)).toEqual([]);
    bench.tell("AT+RMVMULC=11223344");
    expect(send(bench).join()).toContain("UNICAST:3");
  });

  test("both, where the group has the tuning of RX2", () => {
    const bench = joined();
    bench.tell(`AT+ADDMULC=C:11223344:${GROUP.nwkSKey}:${GROUP.appSKey}`);
    bench.tell("AT+CLASS=C");
    bench.multicast(1, 201, hello);
    bench.wait(20);
    expect(send(bench, 30).join()).toContain("UNICAST:3");
  });

  test("an answer in RX1 is one of class A still", () => {
    const bench = joined("A");
    bench.tell("AT+CLASS=C");
    bench.lab.server.enqueue(bench.lab.device, 3, hello);
    const said = bench.tell("AT+SEND=10:00", 10);
    expect(said).toEqual(["OK", "+EVT:TX_DONE", `+EVT:RX_1:-60:8:UNICAST:3:${HELLO}`]);
  });
});

test("E5 says the window 0, and nothing of a group", () => {
  const bench = new ModemBench("e5", "C");
  for (const line of ["AT+MODE=LWOTAA", "AT+DR=5"]) bench.tell(line);
  bench.tell("AT+JOIN", 10);
  bench.tell('AT+MSGHEX="00"', 10);
  bench.tell("AT+CLASS=C");
  expect(send(bench)).toEqual([
    `+MSG: PORT: 3; RX: "${HELLO.toUpperCase()}"`,
    "+MSG: RXWIN0, RSSI -60, SNR 8.0",
    "+MSG: Done",
  ]);
});

test("classic says it as any other", () => {
  const bench = new ModemBench("classic", "C");
  bench.tell("at+set_config=lora:class:2");
  bench.tell("at+join", 10);
  bench.tell("at+send=lora:3:00", 10);
  expect(send(bench)).toEqual([`at+recv=3,-60,8,5:${HELLO.toUpperCase()}`]);
});
