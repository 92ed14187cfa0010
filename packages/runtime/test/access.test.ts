import { Access, NodeRef, Nodes } from "@espalier/runtime";
import { describe, expect, test } from "vitest";
import { bench } from "./helpers.ts";

const a = "A".repeat(43);
const b = "E".repeat(43);

describe("whom a node lets in", () => {
  test("is nobody unless named, and whom it connected to itself is heard all the same", () => {
    const access = new Access();
    expect([access.admits(a), access.isAllowed(a), access.names(a), access.hears(a)]).toEqual([
      false,
      false,
      false,
      true,
    ]);
    access.allow(new NodeRef(a, "ws://a:1"), b, b);
    expect([access.list, access.isAllowed(new NodeRef(b, null)), access.names(a)]).toEqual([[a, b], true, true]);
    expect(access.outsider(a, b)).toBeNull();
  });

  test("is not whom it has revoked, until that is allowed again", async () => {
    const access = new Access([a, b]);
    expect(await access.revoke(a)).toEqual({ node: a, sessions: 0, computations: 0 });
    expect([access.list, access.revoked, access.admits(a), access.hears(a)]).toEqual([[b], [a], false, false]);
    expect(() => access.checkHeard(a)).toThrow(/was revoked here/);
    access.allow(a);
    expect([access.revoked, access.admits(a), access.hears(a)]).toEqual([[], true, true]);
  });

  test("is anyone, but for those who were revoked: allowing somebody makes nobody trusted", async () => {
    const access = new Access("anyone");
    await access.revoke(a);
    expect([access.list, access.isAllowed(a), access.isAllowed(b), access.outsider(b, a)]).toEqual([
      "anyone",
      false,
      true,
      a,
    ]);
    access.allow(a, b);
    expect([access.isAllowed(a), access.names(a), access.revoked]).toEqual([true, false, []]);
  });

  test("is who proved the shared key, until that is revoked; who is named as well stays", async () => {
    const access = new Access([b]);
    expect([access.admitsByShared(a), access.admitsByShared(b), access.admits(a)]).toEqual([true, true, true]);
    expect(await access.revokeSharedKey()).toEqual([{ node: a, sessions: 0, computations: 0 }]);
    expect([access.admitsByShared(a), access.admitsByShared("c".repeat(43)), access.admitsByShared(b)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test("is known by keys: anything else is a mistake, and changes nothing", () => {
    const access = new Access();
    expect(() => access.allow(a, "alice")).toThrow(/node id: expected 43 base64url characters/);
    expect(() => access.allow(null as never)).toThrow("node: expected a NodeRef or a key, got null");
    expect(() => new Access(["alice"])).toThrow(TypeError);
    expect(access.list).toEqual([]);
  });

  test("is changed by one node: two cannot share a list", () => {
    const access = new Access();
    const owner = {
      self: a,
      allowed: () => {},
      revoked: () => ({ report: { node: b, sessions: 0, computations: 0 }, ended: Promise.resolve() }),
    };
    access.serve(owner);
    expect(() => access.serve(owner)).toThrow(/a list of one node/);
    expect(() => void access.revoke(a)).toThrow(/is this node itself/);
  });
});

test("an acknowledgement comes when all has ended, once for all who ask meanwhile", async () => {
  const access = new Access([a]);
  let end = (): void => {};
  let calls = 0;
  access.serve({
    self: b,
    allowed: () => {},
    revoked: (node) => {
      calls += 1;
      return { report: { node, sessions: 1, computations: 2 }, ended: new Promise<void>((resolve) => (end = resolve)) };
    },
  });
  const acknowledged: string[] = [];
  const first = access.revoke(a).then(() => acknowledged.push("first"));
  const second = access.revoke(a).then(() => acknowledged.push("second"));
  await Promise.resolve();
  expect([calls, acknowledged, access.hears(a)]).toEqual([1, [], false]);
  end();
  await Promise.all([first, second]);
  expect([calls, acknowledged]).toEqual([1, ["first", "second"]]);
});

test("whoever is allowed again while the end of it all is awaited, and revoked again, is ended again", async () => {
  const access = new Access([a]);
  let calls = 0;
  access.serve({
    self: b,
    allowed: () => {},
    revoked: (node) => ({ report: { node, sessions: (calls += 1), computations: 0 }, ended: Promise.resolve() }),
  });
  const first = access.revoke(a);
  access.allow(a);
  const second = access.revoke(a);
  expect([(await first).sessions, (await second).sessions, access.hears(a)]).toEqual([1, 2, false]);
});

test("a node that is alone has a list, too", async () => {
  const { node, host } = await bench();
  const run = node.run(function* () {
    yield* Nodes.allow(a);
    return yield* Nodes.revoke(a);
  });
  expect(await host.wait(run)).toEqual({ node: a, sessions: 0, computations: 0 });
  expect(() => void node.access.revoke(node.ref)).toThrow(TypeError);
  await host.wait(node.stop());
});
