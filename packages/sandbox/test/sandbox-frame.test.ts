import { fn, remote } from "@espalier/code";
import { Process, Remote } from "@espalier/runtime";
import { expect, test } from "vitest";
import { SandboxError } from "../src/index.ts";
import { Place } from "./threadless.ts";

const double = fn((n: number) => n * 2);

test("a stranger's computation runs in the sandbox, and what it asks for is done by its process", async () => {
  const place = await Place.start();
  const counting = remote({ double }, function* (upTo: number) {
    let sum = 0;
    for (let n = 1; n <= upTo; n++) {
      yield* Process.sleep(10);
      sum += double(n);
    }
    return sum;
  });
  expect(await place.run(place.stranger(counting)(4))).toBe(20);
  expect(place.links).toHaveLength(1);
});

test("what it throws arrives, and what is thrown at it can be caught", async () => {
  const place = await Place.start();
  const failing = remote(function* (message: string) {
    try {
      yield* Process.exit({ type: "exit", reason: "first" } as never);
    } catch (error) {
      yield* Process.sleep(1);
      throw new TypeError(message, { cause: error });
    }
  });
  await expect(place.run(place.stranger(failing)("wrong"))).rejects.toMatchObject({
    name: "TypeError",
    message: "wrong",
    cause: { name: "CauseError" },
  });
});

test("computations call each other, and helpers that are generators", async () => {
  const place = await Place.start();
  const leaf = remote(function* (n: number) {
    yield* Process.sleep(1);
    return n + 1;
  });
  const twice = fn(function* (n: number): Generator<any, number, any> {
    yield* Process.sleep(1);
    return n * 2;
  });
  const root = remote({ leaf, twice }, function* (n: number) {
    const one: number = yield* leaf(n);
    const attempt = yield* Remote.attempt(() => leaf(one));
    return yield* twice(attempt.type === "success" ? attempt.value : 0);
  });
  expect(await place.run(place.stranger(root)(1))).toBe(6);
});

test("a sandbox that does not answer is ended, and its processes hear which limit it was (S176)", async () => {
  const place = await Place.start({ cpu: "100ms" });
  const waiting = remote(function* () {
    yield* Process.sleep(1);
    return 1;
  });
  const call = place.stranger(waiting);
  const result = place.node.run(call());
  result.catch(() => undefined);
  place.host.run();
  (place.links[0] as { answer: unknown }).answer = () => null;
  const error = await place.host.wait(result).catch((problem: unknown) => problem);
  expect(error).toBeInstanceOf(SandboxError);
  expect((error as SandboxError).limit).toBe("cpu");
  expect(place.links[0]?.ended).toBe(true);
  expect(await place.run(call())).toBe(1);
  expect(place.links).toHaveLength(2);
});
