import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PROFILE_NAMES } from "#sim/modem/profiles.ts";
import { GPS_AT_START, GROUP, ModemBench } from "./modem-bench.ts";

/** The virtual modem on the simulated air: its words are true. */

const { nwkSKey, appSKey } = GROUP;
const hello = new Uint8Array(Buffer.from("hello"));
const HELLO = "68656c6c6f";

function joined(profile: "rui4_2" | "rui3_2" | "legacy104" | "rui5fuota"): ModemBench {
  const bench = new ModemBench(profile);
  bench.tell("AT+DR=5");
  expect(bench.tell("AT+JOIN", 10)).toEqual(["OK", "+EVT:JOINED"]);
  return bench;
}

describe("RUI3", () => {
  test("joins over the air, and says its address", () => {
    const bench = joined("rui4_2");
    expect(bench.tell("AT+NJS=?")).toEqual(["AT+NJS=1", "OK"]);
    expect(bench.tell("AT+NETID=?")).toEqual(["AT+NETID=000013", "OK"]);
    const session = bench.lab.device.session;
    const address = session?.devAddr.toString(16).padStart(8, "0").toUpperCase();
    expect(bench.tell("AT+DEVADDR=?")).toEqual([`AT+DEVADDR=${address}`, "OK"]);
  });

  test("a wrong key: one failure for each attempt", () => {
    const bench = new ModemBench("rui4_2");
    bench.tell("AT+DR=5");
    bench.tell("AT+APPKEY=00000000000000000000000000000001");
    const said = bench.tell("AT+JOIN=1:0:7:2", 60);
    expect(said).toEqual(["OK", ...Array(3).fill("+EVT:JOIN_FAILED_RX_TIMEOUT")]);
    expect(bench.tell("AT+JOIN=1:0:7:2")).toEqual(["OK"]);
    expect(bench.tell("AT+JOIN")).toEqual(["AT_BUSY_ERROR"]);
    expect(bench.tell("AT+JOIN=0")).toEqual(["OK"]);
    expect(bench.wait(60)).toEqual([]);
  });

  test("an uplink reaches the server, and its end is told", () => {
    const bench = joined("rui4_2");
    expect(bench.tell(`AT+SEND=10:${HELLO}`, 10)).toEqual(["OK", "+EVT:TX_DONE"]);
    expect(bench.uplinks).toEqual([`10 ${HELLO}`]);
  });

  test("before 4.0.4 it is not", () => {
    expect(joined("rui3_2").tell(`AT+SEND=10:${HELLO}`, 10)).toEqual(["OK"]);
  });

  test("busy until the windows are over", () => {
    const bench = joined("rui4_2");
    expect(bench.tell("AT+SEND=10:00", 0.5)).toEqual(["OK"]);
    expect(bench.tell("AT+SEND=10:00")).toEqual(["AT_BUSY_ERROR"]);
    expect(bench.tell("AT+JOIN")).toEqual(["AT_BUSY_ERROR"]);
    expect(bench.wait(10)).toEqual(["+EVT:TX_DONE"]);
  });

  test("duty cycle says how long", () => {
    const bench = joined("rui4_2");
    bench.tell("AT+DR=0");
    const said: string[] = [];
    for (let count = 0; count < 8; count++) said.push(...bench.tell("AT+SEND=10:00", 10));
    expect(said.join(" ")).toMatch(/Restricted_Wait_\d+_ms AT_BUSY_ERROR/);
  });

  test("what is too long for the data rate goes out empty, and is refused", () => {
    const bench = joined("rui4_2");
    bench.tell("AT+DR=0");
    const said = bench.tell(`AT+SEND=10:${"00".repeat(52)}`, 20);
    expect(said).toEqual(["AT_PARAM_ERROR", "+EVT:TX_DONE"]);
    expect(bench.uplinks).toEqual(["10 "]);
  });

  test("a downlink comes after the end of the uplink, with its window", () => {
    const bench = joined("rui4_2");
    bench.lab.server.enqueue(bench.lab.device, 3, hello);
    const said = bench.tell("AT+SEND=10:00", 10);
    expect(said).toEqual(["OK", "+EVT:TX_DONE", `+EVT:RX_1:-60:8:UNICAST:3:${HELLO}`]);
    expect(bench.tell("AT+RECV=?")).toEqual([`AT+RECV=3:${HELLO.toUpperCase()}`, "OK"]);
    expect(bench.tell("AT+RECV=?")).toEqual(["AT+RECV=0:", "OK"]);
  });

  test("a confirmed uplink is acknowledged by who has heard it", () => {
    const bench = joined("rui4_2");
    bench.tell("AT+CFM=1");
    expect(bench.tell("AT+SEND=10:00", 10)).toEqual(["OK", "+EVT:SEND_CONFIRMED_OK"]);
    expect(bench.tell("AT+CFS=?")).toEqual(["AT+CFS=1", "OK"]);
  });

  test("link and time ride on the next uplink", () => {
    const bench = joined("rui4_2");
    bench.tell("AT+LINKCHECK=1");
    bench.tell("AT+TIMEREQ=1");
    expect(bench.tell("AT+SEND=10:00", 10)).toEqual([
      "OK",
      "+EVT:TX_DONE",
      "+EVT:TIMEREQ_OK",
      "+EVT:LINKCHECK:0:20:1:-60:8",
    ]);
    // 2026-01-01T00:00:00Z is GPS_AT_START.
    expect(GPS_AT_START).toBe(1_451_260_818);
    expect(bench.tell("AT+LTIME=?")[0]).toMatch(/^AT\+LTIME=00h00m[0-5]\ds on 01\/01\/2026$/);
    expect(bench.tell("AT+SEND=10:00", 10)).toEqual(["OK", "+EVT:TX_DONE"]);
  });

  test("a clock that was never told the time counts from 1970", () => {
    expect(new ModemBench("rui4_2").tell("AT+LTIME=?")[0]).toMatch(/on 01\/01\/1970$/);
  });

  describe("multicast", () => {
    const group = `C:11223344:${nwkSKey}:${appSKey}`;

    test("is heard in class C alone, each frame once", () => {
      const bench = joined("rui4_2");
      expect(bench.tell(`AT+ADDMULC=${group}`)).toEqual(["OK"]);
      bench.multicast(0, 201, hello);
      expect(bench.wait(5)).toEqual([]);
      bench.tell("AT+CLASS=C", 1);
      bench.multicast(1, 201, hello);
      bench.multicast(2, 200, hello);
      const line = (port: number) => `+EVT:RX_C:-60:8:MULTICAST:${port}:${HELLO}`;
      expect(bench.wait(60)).toEqual([line(201), line(200)]);
      bench.multicast(2, 200, hello);
      expect(bench.wait(60)).toEqual([]);
      bench.tell("AT+CLASS=A");
      bench.multicast(3, 201, hello);
      expect(bench.wait(60)).toEqual([]);
    });

    test("a reset forgets counters, so that a recorded frame is heard again", () => {
      const bench = joined("rui4_2");
      bench.tell(`AT+ADDMULC=${group}`);
      bench.tell("AT+CLASS=C", 1);
      bench.multicast(1, 201, hello);
      expect(bench.wait(60)).toHaveLength(1);
      expect(bench.tell("ATZ", 2)).toEqual(["Current Work Mode: LoRaWAN."]);
      expect(bench.tell("AT+NJS=?")).toEqual(["AT+NJS=0", "OK"]);
      expect(bench.tell("AT+LSTMULC=?")[0]).toMatch(/^C:11223344:/);
      expect(bench.tell("AT+JOIN", 30)).toEqual(["OK", "+EVT:JOINED"]);
      bench.multicast(1, 201, hello);
      expect(bench.wait(60)).toHaveLength(1);
    });

    test("groups are heard on the frequency of the first", () => {
      const bench = joined("rui4_2");
      bench.tell(`AT+ADDMULC=C:01020304:${nwkSKey}:${appSKey}:868300000:5`);
      bench.tell(`AT+ADDMULC=${group}`);
      bench.tell("AT+CLASS=C", 1);
      bench.multicast(1, 201, hello);
      expect(bench.wait(30)).toEqual([]);
      expect(bench.tell("AT+RMVMULC=01020304", 1)).toEqual(["OK"]);
      bench.multicast(2, 201, hello);
      expect(bench.wait(60)).toHaveLength(1);
    });

    test.each([
      ["another class", `B:11223344:${nwkSKey}:${appSKey}`],
      ["no address", `C:00000000:${nwkSKey}:${appSKey}`],
      ["a short key", `C:11223344:${nwkSKey.slice(2)}:${appSKey}`],
      ["a frequency without a data rate", `${group}:868300000`],
      ["a frequency of no band", `${group}:1:0`],
      ["a periodicity", `${group}:868300000:0:3`],
      ["nothing", ""],
    ])("%s is refused", (_, value) => {
      expect(new ModemBench("rui4_2").tell(`AT+ADDMULC=${value}`)).toEqual(["AT_PARAM_ERROR"]);
    });

    test("four slots", () => {
      const bench = new ModemBench("rui4_2");
      const add = (index: number) =>
        bench.tell(`AT+ADDMULC=C:0000000${index}:${nwkSKey}:${appSKey}`);
      for (const index of [1, 2, 3, 4]) expect(add(index)).toEqual(["OK"]);
      expect(add(5)).toEqual(["AT_PARAM_ERROR"]);
      expect(bench.tell("AT+RMVMULC=00000009")).toEqual(["AT_PARAM_ERROR"]);
    });
  });

  test("echo is a switch, and stays over a reset", () => {
    const bench = new ModemBench("rui4_2");
    expect(bench.tell("ATE")).toEqual(["OK"]);
    bench.tell("ATZ", 1);
    bench.lab.modem.receive(Buffer.from("AT\r"));
    expect(bench.said).toBe("AT\n\rOK\r\n");
  });
});

describe("before RUI3", () => {
  test("a downlink is three lines", () => {
    const bench = joined("legacy104");
    bench.lab.server.enqueue(bench.lab.device, 3, hello);
    expect(bench.tell("AT+SEND=10:00", 10)).toEqual([
      "OK",
      "+EVT:RX_1, RSSI -60, SNR 8",
      "+EVT:UNICAST",
      `+EVT:3:${HELLO}`,
    ]);
  });
});

describe("E5", () => {
  test("joins, sends and hears its group where RX2 is", () => {
    const bench = new ModemBench("e5");
    bench.tell("AT+MODE=LWOTAA");
    bench.tell("AT+DR=5");
    expect(bench.tell("AT+JOIN", 10).at(-1)).toBe("+JOIN: Done");
    expect(bench.tell("AT+JOIN")).toEqual(["+JOIN: Joined already"]);
    bench.lab.server.enqueue(bench.lab.device, 3, hello);
    expect(bench.tell('AT+MSGHEX="00"', 10)).toEqual([
      "+MSGHEX: Start",
      `+MSGHEX: PORT: 3; RX: "${HELLO.toUpperCase()}"`,
      "+MSGHEX: RXWIN1, RSSI -60, SNR 8.0",
      "+MSGHEX: Done",
    ]);
    const mc = `AT+LW=MC,ON,"11223344","${nwkSKey}","${appSKey}",100`;
    expect(bench.tell(mc)).toEqual(["+LW: MC, ON, 11223344, 100"]);
    expect(bench.tell("AT+RXWIN2=869.525,DR3")).toEqual(["+RXWIN2: 869.525,DR3"]);
    expect(bench.tell("AT+CLASS=C", 1)).toEqual(["+CLASS: C"]);
    bench.multicast(99, 201, hello, { frequencyHz: 869_525_000, dr: 3 });
    expect(bench.wait(30)).toEqual([]);
    bench.multicast(100, 201, hello, { frequencyHz: 869_525_000, dr: 3 });
    expect(bench.wait(30)).toEqual([
      "+MSG: MULTICAST",
      `+MSG: PORT: 201; RX: "${HELLO.toUpperCase()}"`,
      "+MSG: RXWIN0, RSSI -60, SNR 8.0",
      "+MSG: Done",
    ]);
  });
});

describe("classic", () => {
  test("commands wait for their outcome", () => {
    const bench = new ModemBench("classic");
    expect(bench.tell("at+join", 1)).toEqual([]);
    expect(bench.wait(10)).toEqual(["OK Join Success"]);
    bench.lab.server.enqueue(bench.lab.device, 3, hello);
    expect(bench.tell("at+send=lora:10:00", 10)).toEqual([
      "OK",
      `at+recv=3,-60,8,5:${HELLO.toUpperCase()}`,
    ]);
  });

  test("one group, where RX2 is", () => {
    const bench = new ModemBench("classic");
    bench.tell("at+join", 10);
    for (const setting of [
      "multicast_dev_addr:11223344",
      `multicast_nwks_key:${nwkSKey}`,
      `multicast_apps_key:${appSKey}`,
      "multicastenable:1",
      "class:2",
    ]) {
      expect(bench.tell(`at+set_config=lora:${setting}`)).toEqual(["OK"]);
    }
    bench.wait(1);
    bench.multicast(1, 201, hello);
    expect(bench.wait(60)).toEqual([`at+recv=201,-60,8,5:${HELLO.toUpperCase()}`]);
  });
});

describe.each(PROFILE_NAMES)("%s", (profile) => {
  const word = fc.constantFrom(
    ..."AT AT+SEND= AT+ADDMULC=C: AT+JOIN=1:0:7:0 AT+JOIN ATZ ATE AT+CLASS=C AT+DR=5 AT+LW=MC,ON, AT+ID= AT+KEY=APPKEY, AT+MSGHEX= at+set_config=lora: at+send=lora:1: at+join AT+RXWIN2=".split(
      " ",
    ),
  );

  test("takes any bytes, and goes on", () => {
    const input = fc.array(
      fc.oneof(
        word,
        fc.string({ maxLength: 40 }),
        fc.stringMatching(/^[0-9A-Fa-f:,"]{0,80}$/),
        fc.constant("\r\n"),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(input, (pieces) => {
        const bench = new ModemBench(profile);
        for (const piece of pieces) {
          bench.lab.modem.receive(Buffer.from(piece, "latin1"));
          bench.wait(2);
        }
        const alive = bench.tell("\r\nAT", 30).join("\n");
        expect(alive).toMatch(/OK|ERROR|AT_/);
      }),
      { numRuns: 60 },
    );
  });

  test("what is too long for its buffer is cut, not kept", () => {
    const bench = new ModemBench(profile);
    expect(bench.tell(`AT+SEND=1:${"0".repeat(10_000)}`).length).toBeLessThanOrEqual(1);
  });
});
