import { fn, remote } from "@espalier/code";
import { Process } from "@espalier/runtime";
import { expect, it } from "vitest";
import { Place } from "./threadless.ts";

class Greeter {
  greet(name: string): string {
    return `hello ${name}`;
  }
}
const SharedGreeter: typeof Greeter = fn({}, Greeter);
const settings = { greeting: { text: "hello" } };

/** Changes what it shares with others. */
const poison = remote({ SharedGreeter, settings }, function* () {
  yield* Process.sleep(0);
  SharedGreeter.prototype.greet = () => "poisoned";
  try {
    settings.greeting.text = "poisoned";
  } catch {
    return "frozen";
  }
  return "changed";
});

const greets = remote({ SharedGreeter, settings }, function* () {
  yield* Process.sleep(0);
  return [new SharedGreeter().greet("ann"), settings.greeting.text];
});

it("gives the code of each peer functions and classes of its own (S221)", async () => {
  const place = await Place.start();
  const one = place.stranger(poison, "one");
  const two = place.stranger(greets, "two");
  expect(await place.run(one())).toBe("frozen");
  expect(await place.run(two())).toEqual(["hello ann", "hello"]);
  expect(place.links.map(({ owner }) => owner)).toEqual(["one", "two"]);
});

it("shares the functions and classes that the code of one peer declares twice, and never constants", async () => {
  const place = await Place.start();
  expect(await place.run(place.stranger(poison, "one")())).toBe("frozen");
  expect(await place.run(place.stranger(greets, "one")())).toEqual(["poisoned", "hello"]);
});

it("leaves the classes of this program as they are", () => {
  expect(new SharedGreeter().greet("ann")).toBe("hello ann");
});
