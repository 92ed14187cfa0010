import { exhaust } from "@espalier/testkit";
import { Process, type Self } from "espalier";
import { expect, it } from "vitest";
import { conform } from "./conform.ts";
import { opsOf, section } from "./rule.ts";
import { signals } from "./rules/signals.ts";

conform(signals);

it("R-402 signals of different senders, and to different receivers, come in any order", async () => {
  const orders = new Set<string>();
  const { rules } = section(import.meta.url, (rule) => {
    rule("R-402", "no order", function* anyOrder(self: Self<any>) {
      for (const name of ["one", "other"]) {
        yield* Process.spawn(function* sender() {
          yield* Process.send(self.pid, name);
        });
      }
      const relays = [];
      for (const name of ["first", "second"]) {
        const relay = yield* Process.spawn(function* relay(own: Self<any>) {
          yield* own.receive();
          yield* Process.send(self.pid, name);
        });
        relays.push(relay);
      }
      for (const relay of relays) yield* Process.send(relay, "go");
      const got: string[] = [];
      for (let count = 0; count < 4; count += 1) got.push(yield* self.receive());
      orders.add(got.filter((name) => ["one", "other"].includes(name)).join(" "));
      orders.add(got.filter((name) => ["first", "second"].includes(name)).join(" "));
    });
  });
  const [rule] = rules;
  const { failure } = await exhaust((rule as (typeof rules)[0]).scenario, {
    seed: 1,
    ops: opsOf(1),
    crypto: "plain",
    runsMax: 200,
  });
  expect(failure?.failure?.text).toBeUndefined();
  expect([...orders]).toEqual(expect.arrayContaining(["one other", "other one", "first second", "second first"]));
});
