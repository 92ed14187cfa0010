import type { Message } from "@espalier/runtime";
import { ManualHost } from "@espalier/runtime/testing";
import { expect, test } from "vitest";
import { Insistence } from "../../src/distribution/insistence.ts";

function setUp(): {
  host: ManualHost;
  insistence: Insistence;
  sent: string[];
  say: (key: string, peer: string) => void;
} {
  const host = new ManualHost();
  const sent: string[] = [];
  const insistence = new Insistence(host, 100, (peer, message) => {
    sent.push(`${peer} ${(message as Extract<Message, { id: number }>).id}`);
  });
  let id = 0;
  const say = (key: string, peer: string): void => {
    insistence.say(key, peer, { type: "heartbeat.heard", id: (id += 1) });
  };
  return { host, insistence, sent, say };
}

test("says it until it is answered (H17)", () => {
  const { host, insistence, sent, say } = setUp();
  say("one", "a");
  host.advance(250);
  expect(sent).toEqual(["a 1", "a 1", "a 1"]);
  insistence.settle("one");
  host.advance(1_000);
  expect([sent.length, host.timers, insistence.size]).toEqual([3, 0, 0]);
});

test("says again at once what an earlier link may have lost", () => {
  const { insistence, sent, say } = setUp();
  say("one", "a");
  say("two", "b");
  insistence.linked("a");
  expect(sent).toEqual(["a 1", "b 2", "a 1"]);
  expect(insistence.peers).toEqual(new Set(["a", "b"]));
});

test("says something else under the same key instead", () => {
  const { host, sent, say } = setUp();
  say("one", "a");
  say("one", "a");
  host.advance(100);
  expect(sent).toEqual(["a 1", "a 2", "a 2"]);
});

test("has nothing more to say to a node that is given up, or when it stops", () => {
  const { host, insistence, sent, say } = setUp();
  say("one", "a");
  insistence.lose("a");
  say("two", "b");
  insistence.stop();
  host.advance(1_000);
  expect(sent).toEqual(["a 1", "b 2"]);
});
