import { hashOf, remote } from "@espalier/code";
import { type Frame, NotMovableError, Process, Remote, RemoteOperation } from "@espalier/runtime";
import { expect, it } from "vitest";
import { codec, Place } from "./threadless.ts";

const counting = remote(function* (items: readonly string[]) {
  let text = "";
  for (const item of items) {
    yield* Process.sleep("1h");
    text += item;
  }
  return text;
});

/** A computation that goes on with a frame. */
class Restored extends RemoteOperation<unknown> {
  readonly #frame: Frame;

  constructor(frame: Frame) {
    super();
    this.#frame = frame;
  }

  override enter(): Frame {
    return this.#frame;
  }
}

/** The frame on top of the only process that is waiting. */
function waiting(place: Place): Frame {
  place.host.run();
  const [cell] = [...place.node.kernel.cells.values()];
  return cell?.frame as Frame;
}

it("tells where a frame in a sandbox stands, and another one goes on from there (S177)", async () => {
  const place = await Place.start();
  const call = place.stranger(counting);
  void place.node.run(call(["a", "b"])).catch(() => undefined);
  const state = waiting(place).capture?.(() => undefined);
  expect(state).toMatchObject({ unit: 0, position: 1 });
  const frame = place.code.restore(state as never);
  expect(await place.run(new Restored(frame))).toBe("ab");
});

it("names a live local that cannot travel, and where it was set", async () => {
  const place = await Place.start();
  const holding = remote(function* () {
    const held = new WeakMap();
    yield* Process.sleep("1h");
    return held;
  });
  void place.node.run(place.stranger(holding)()).catch(() => undefined);
  expect(() => waiting(place).capture?.(() => undefined)).toThrow(NotMovableError);
  expect(() => waiting(place).capture?.(() => undefined)).toThrow(/`held`/);
});

it("begins a frame that was never stepped with nothing but its arguments", async () => {
  const place = await Place.start();
  const call = place.stranger(counting)(["a"]) as unknown as { enter(): Frame };
  expect(call.enter().capture?.(() => undefined)).toMatchObject({ position: 0, slots: [["a"]] });
  expect(place.links).toHaveLength(0);
});

it("ends the sandbox of a peer that has nothing in it", async () => {
  const place = await Place.start({ idle: "1s" });
  await place.run(place.stranger(counting)(["a"]));
  expect(place.sandboxes.size).toBe(1);
  place.host.advance(1_100);
  expect(place.sandboxes.size).toBe(0);
  expect(place.links[0]?.ended).toBe(true);
});

it("forgets the frames of a process that is killed, and runs what it left open", async () => {
  const place = await Place.start({ idle: "1s" });
  const call = place.stranger(counting);
  const error = await place
    .run(function* () {
      const pid = yield* Process.spawn(call(["a"]));
      yield* Process.sleep("1s");
      yield* Process.kill(pid);
      yield* Process.sleep("3s");
      return place.sandboxes.size;
    })
    .catch((problem: unknown) => problem);
  expect(error).toBe(0);
});

it("keeps attempts of a sandbox in the sandbox, whoever wrote the code", async () => {
  const place = await Place.start();
  const leaf = remote(function* () {
    yield* Process.sleep(1);
    return "leaf";
  });
  const root = remote({ leaf }, function* () {
    const found = yield* Remote.attempt(leaf());
    return found.type;
  });
  const call = place.stranger(root);
  // Somebody who is trusted vouches for the leaf: in the stranger's process it is run with the stranger's rights all the same.
  place.code.vouch([hashOf(leaf)]);
  expect(await place.run(call())).toBe("success");
  const orders = place.links[0]?.posted.map((bytes) => codec(place.code).decode(bytes) as { start?: unknown });
  expect(orders?.filter(({ start }) => start != null)).toHaveLength(2);
});
