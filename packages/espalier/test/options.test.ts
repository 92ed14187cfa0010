import { ManualHost } from "@espalier/runtime/testing";
import { Container, createIdentity, Node, NodeRef, type ContainerNodeOptions, type NodeOptions } from "espalier";
import type { IdentityError } from "@espalier/wire";
import { beforeEach, describe, expect, it, test } from "vitest";

const { id } = createIdentity();
const secret = new NodeRef(id, "ws://here:1").withKey(new Uint8Array(32).fill(7)).secretUrl;

let host: ManualHost;
beforeEach(() => {
  host = new ManualHost();
});

// What a program without types, or one that reads its options from a file, may say.
const start = (options: object): Promise<Node> => Node.start({ host, ...(options as NodeOptions) });

test.each<[object, string]>([
  [{ alow: [id] }, 'Node.start: there is no option "alow"; expected one of host, identity, listen, address, allow, '],
  [{ introductions: {} }, 'there is no option "introductions"'],
  [{ allow: id }, `allow: expected an array of keys or NodeRefs, or "anyone", got "${id}"`],
  [{ allow: "Anyone" }, 'or "anyone", got "Anyone"'],
  [{ allow: ["anyone"] }, "node id: expected 43 base64url characters"],
  [{ allow: [secret] }, "node: expected a NodeRef or a key, got an address; NodeRef.parse(address) reads it"],
  [{ allow: secret }, 'got "ws://here:1/#…"'],
  [{ trust: "anyone" }, 'trust: expected an array of keys or NodeRefs, got "anyone"'],
  [{ trust: ["me"] }, "node id: expected 43 base64url characters"],
  [{ connect: new NodeRef(id, null) }, "connect: expected an array of NodeRefs, got a NodeRef"],
  [{ connect: [secret] }, "connect: expected an array of NodeRefs, got an array with something else in it"],
  [{ listen: "ws://here:1", address: "example.org:443" }, "address: expected ws://host:port or wss://host:port, with"],
  [{ listen: "ws://here:1", address: "wss://example.org/a" }, 'without a path, got "wss://example.org/a"'],
  [{ address: "ws://here:1" }, 'address: expected "listen" with it'],
  [{ identity: { id } }, "identity: expected an Identity or the path of a key file, got a value of type object"],
  [{ lease: "5s" }, 'lease: expected an object, got "5s"'],
  [{ sandbox: true }, "sandbox: expected an object, got true"],
  [{ devtools: "read" }, 'devtools: expected true, false or an object of options, got "read"'],
  [{ checkpointsMax: 0 }, "checkpointsMax: expected a whole number above 0, got 0"],
  [{ logger: () => {} }, "logger: expected an object with a method `report`"],
])("a node is not started with %j (S297)", async (options, message) => {
  await expect(start(options)).rejects.toThrow(message);
});

it("takes the text of a key for no path, and repeats it nowhere", async () => {
  const text = createIdentity().keyText();
  const { code, message } = (await start({ identity: text }).catch((thrown: unknown) => thrown)) as IdentityError;
  expect([code, message]).toEqual(["IDENTITY", expect.stringContaining("readIdentity(text) reads it")]);
  expect(message).not.toContain(text);
  expect(host.disk.files.size).toBe(0);
});

it("names nodes by reference or by key, and takes what is undefined for what is not there", async () => {
  const ref = new NodeRef(id, null);
  const node = await host.wait(start({ allow: [ref], trust: [ref], listen: undefined }));
  expect(node.access.list).toEqual([id]);
  await host.wait(node.stop());
});

describe("a container", () => {
  const open = (options: object): Promise<Container> =>
    Container.start({ host, listen: "ws://here:0", logger: { report: () => {} }, ...options });

  it("says which options are its own and which those of a node", async () => {
    await expect(open({ allow: [id] })).rejects.toThrow(
      'there is no option "allow"; each node has its own: container.create takes it',
    );
    await expect(open({ listen: undefined })).rejects.toThrow("Container.start: expected listen");
    const container = await host.wait(open({}));
    const create = (options: object): Promise<Node> =>
      container.create(options as ContainerNodeOptions & { asleep: false });
    await expect(create({ listen: "ws://here:1" })).rejects.toThrow(
      'container.create: there is no option "listen"; the container has it, for all its nodes',
    );
    await expect(create({ nam: "a" })).rejects.toThrow('there is no option "nam"; expected one of identity, allow');
    expect(container.nodes()).toEqual([]);
    await host.wait(container.stop());
  });

  it("finds a node by its reference as by its key, and stops one that way, not all", async () => {
    const container = await host.wait(open({}));
    const [a, b] = [await host.wait(container.create({ name: "a" })), await host.wait(container.create({ name: "b" }))];
    expect(container.get(a.ref)).toBe(a);
    await host.wait(container.sleep(a.ref));
    expect((await host.wait(container.wake(a.ref))).ref.id).toBe(a.ref.id);
    await host.wait(container.stop(a.ref));
    expect(container.nodes().map(({ id: left }) => left)).toEqual([b.ref.id]);
    await expect(container.stop(a.ref)).rejects.toMatchObject({ code: "UNKNOWN_NODE" });
    await host.wait(container.stop());
  });
});
