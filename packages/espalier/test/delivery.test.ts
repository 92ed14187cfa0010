import { Delivery, fn, Process, Server, type ConsumerRef, type LocalGenerator, type ProducerRef } from "espalier";
import { ManualDisk } from "@espalier/runtime/testing";
import { beforeEach, describe, expect, test } from "vitest";
import { begin, pass, type Life } from "./checkpoint/machine.ts";

const Letters = Delivery.producer<any>({ id: "letters", durable: true });
const Reader = Delivery.consumer<any>({ from: "letters", window: 4 });

let disk: ManualDisk;
beforeEach(() => {
  disk = new ManualDisk();
});

const files = (): readonly string[] => [...disk.files.keys()].filter((path) => path.startsWith("state/delivery/"));

function* start(): LocalGenerator<{ readonly letters: ProducerRef<any>; readonly reader: ConsumerRef<any> }> {
  const letters = yield* Server.start(Letters, undefined, { name: "letters" });
  return { letters, reader: yield* Server.start(Reader, undefined) };
}

/** Runs `what` as far as it comes without time; undefined when it waits then. */
async function ran<T>({ node, host }: Life, what: () => LocalGenerator<T>): Promise<T | undefined> {
  let result: T | undefined;
  let failed: { readonly error: unknown } | null = null;
  node.run(what).then(
    (value) => (result = value),
    (error: unknown) => (failed = { error }),
  );
  await pass(host);
  if (failed !== null) throw (failed as { readonly error: unknown }).error;
  return result;
}

async function live(): Promise<Life> {
  const life = await begin(disk);
  if (life === null) throw new Error("the node did not start");
  return life;
}

/** Everything that waits, confirmed. */
function* readAll(_self: unknown, reader: ConsumerRef<any>, read: unknown[]): LocalGenerator<void> {
  for (;;) {
    const { message, ticket } = yield* Delivery.receive(reader);
    read.push(message);
    yield* Delivery.confirm(reader, ticket);
  }
}

describe("a durable producer", () => {
  test("whenever the machine dies, what was handed over is processed in the next life, in order (S248, R-1408)", async () => {
    for (let at = 1; ; at += 1) {
      for (const done of [false, true]) {
        disk = new ManualDisk();
        const sent: number[] = [];
        const first: unknown[] = [];
        const life = await begin(disk, () => {}, { at, done });
        if (life !== null) {
          await ran(life, function* () {
            const { letters, reader } = yield* start();
            yield* Process.spawn(readAll, reader, first);
            for (let number = 1; number <= 5; number += 1) {
              yield* Delivery.send(letters, number);
              sent.push(number);
            }
          });
          if (!life.disk.isDead) {
            // It came to its end: there are no more accesses to die at.
            expect(first).toEqual([1, 2, 3, 4, 5]);
            expect(files()).toEqual([]);
            return;
          }
          life.crash();
        }
        const next = await live();
        const read: number[] = [];
        await ran(next, function* () {
          const { reader } = yield* start();
          yield* Process.spawn(readAll, reader, read);
        });
        const where = `access ${at}, ${done ? "done" : "not done"}`;
        // It goes on where it was, or a little before; and no message is passed over.
        const all = [...new Set([...first, ...read])];
        expect(all.slice(0, sent.length), where).toEqual(sent);
        expect(all.length, where).toBeLessThanOrEqual(sent.length + 1);
        expect(read, where).toEqual(read.map((_one, index) => (read[0] as number) + index));
        expect(files(), where).toEqual([]);
        next.crash();
      }
    }
  });

  test("has its queue for itself, and the next one after its end (R-1408)", async () => {
    const life = await live();
    const left = await ran(life, function* () {
      const { letters, reader } = yield* start();
      yield* Delivery.send(letters, { text: "one", to: letters.pid });
      const beside = yield* Process.start(Letters.body, [undefined]);
      yield* Process.kill(letters.pid);
      yield* Process.kill(reader.pid);
      const again = yield* start();
      const { message } = yield* Delivery.receive(again.reader);
      return { beside, message, first: letters.pid };
    });
    expect(left?.beside).toMatchObject({ type: "failed", cause: { error: { message: /has letters$/ } } });
    expect(left?.message).toEqual({ text: "one", to: left?.first });
  });

  test("does not start on a damaged file, and says which (R-1408)", async () => {
    const life = await live();
    await ran(life, function* () {
      const { letters } = yield* start();
      yield* Delivery.send(letters, "one");
    });
    life.crash();
    const [path] = files() as [string];
    const { bytes } = disk.files.get(path) as { readonly bytes: Uint8Array };
    bytes[bytes.length - 1] = (bytes.at(-1) as number) ^ 1;
    const next = await live();
    await expect(ran(next, start)).rejects.toThrow(new RegExp(`${path}: its digest does not fit`));
  });

  test("keeps no code, and refuses it to whoever sends it (R-1408)", async () => {
    const life = await live();
    const double = fn({}, (number: number) => 2 * number);
    const refused = ran(life, function* () {
      const { letters } = yield* start();
      yield* Delivery.send(letters, { double });
    });
    await expect(refused).rejects.toThrow(/without code in it for the durable queue letters/);
  });
});

test("a consumer goes on when it is connected with nothing (R-1408)", async () => {
  const life = await live();
  const said = await ran(life, function* () {
    const { letters, reader } = yield* start();
    let refused = "";
    try {
      yield* reader.call.connect(7 as never);
    } catch (error) {
      refused = String(error);
    }
    yield* Delivery.send(letters, "one");
    return [refused, (yield* Delivery.receive(reader)).message];
  });
  expect(said).toEqual([expect.stringMatching(/from: expected a producer's pid, .* got 7/), "one"]);
});

test("options that make no sense are refused where they are written (R-1408)", () => {
  expect(() => Delivery.producer({ id: "../letters" })).toThrow(/^id: expected 1 to 64 letters/);
  expect(() => Delivery.producer({ id: "letters", chunkBytes: 1 })).toThrow(/^chunkBytes: expected .* from 1024/);
  expect(() => Delivery.consumer({ window: 0 })).toThrow(/^window: expected .* at least 1, got 0/);
  expect(() => Delivery.consumer({ from: "" })).toThrow(/^from: expected a producer's pid, its name/);
  expect(() => Delivery.consumer({ retry: 0 })).toThrow(/^retry: expected at least 1 ms/);
});
