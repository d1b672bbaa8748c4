import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Uart } from "#tools/modem/uart.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function sender(baudRate: number) {
  const sent: { atMs: number; text: string }[] = [];
  const uart = new Uart(
    baudRate,
    () => performance.now(),
    (bytes) => sent.push({ atMs: performance.now(), text: Buffer.from(bytes).toString() }),
  );
  const text = () => sent.map((one) => one.text).join("");
  return { uart, sent, text };
}

test("9600 baud are 960 bytes a second", () => {
  const { uart, text } = sender(9600);
  uart.write(Buffer.from("x".repeat(2000)));
  vi.advanceTimersByTime(1000);
  expect(text().length).toBeGreaterThan(940);
  expect(text().length).toBeLessThanOrEqual(965);
  vi.advanceTimersByTime(1200);
  expect(text()).toHaveLength(2000);
});

test("order is kept, and a pause saves up nothing", () => {
  const { uart, text } = sender(115_200);
  uart.write(Buffer.from("OK\r\n"));
  vi.advanceTimersByTime(5000);
  uart.write(Buffer.from("y".repeat(1000)));
  vi.advanceTimersByTime(10);
  expect(text().length).toBeLessThan(4 + 130);
  vi.advanceTimersByTime(200);
  expect(text()).toBe(`OK\r\n${"y".repeat(1000)}`);
});

test("a host that does not read is not waited for, and a stopped line is silent", () => {
  const { uart, text } = sender(300);
  for (let count = 0; count < 2000; count++) uart.write(Buffer.alloc(1000));
  uart.stop();
  const { length } = text();
  vi.advanceTimersByTime(10_000);
  expect(text().length).toBe(length);
});
