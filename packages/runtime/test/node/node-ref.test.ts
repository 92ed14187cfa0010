import { inspect } from "node:util";
import { NodeRef } from "@espalier/runtime";
import { describe, expect, it } from "vitest";
import { AddressBook } from "../../src/distribution/address-book.ts";

const id = "A".repeat(43);
const key = new Uint8Array(32).fill(0xaa);
const keyText = "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo";
const plain = new NodeRef(id, "ws://a:7000");
const secret = plain.withKey(key);

describe("a reference with a shared key", () => {
  it("is read from its secret URL, and the reference without it from the other one", () => {
    expect(secret.secretUrl).toBe(`ws://a:7000/#${id}.${keyText}`);
    const read = NodeRef.parse(secret.secretUrl);
    expect([read.id, read.address, read.sharedKey]).toEqual([id, "ws://a:7000", key]);
    expect(NodeRef.parse(secret.url).sharedKey).toBeNull();
    expect(plain.secretUrl).toBe(plain.url);
  });

  it("shows it nowhere else (S256)", () => {
    const shown = [secret.url, String(secret), JSON.stringify(secret), inspect(secret, { showHidden: true, depth: 9 })];
    for (const text of shown) {
      expect(text).toContain(id);
      expect(text).not.toContain(keyText.slice(0, 8));
      expect(text).not.toContain("170, 170");
      expect(text).not.toContain("<aa aa");
    }
    expect(Object.keys(secret)).toEqual(["id", "address"]);
  });

  it("has a key of its own: whoever changes the bytes changes nothing here", () => {
    const bytes = key.slice();
    const ref = plain.withKey(bytes);
    bytes.fill(0);
    ref.sharedKey?.fill(0);
    expect(ref.sharedKey).toEqual(key);
  });

  it.each([
    `ws://a:7000/${id}.${keyText}`,
    `ws://a:7000/#${id}.${keyText}=`,
    `ws://a:7000/#${id}.${keyText.slice(1)}`,
    `ws://a:7000/#${id}.${keyText.slice(0, 42)}p`,
    `ws:/a#${id}.${keyText}`,
    keyText,
  ])("says what is expected in place of %s, and repeats nothing of what may be a key", (text) => {
    let message = "";
    try {
      NodeRef.parse(text);
    } catch (error) {
      message = String(error);
    }
    expect(message).toContain("node address: expected ws://host:port/#<43-character key>");
    expect(message).not.toContain(keyText.slice(1, 9));
  });

  it("is read with white space around it, and not with a path, which is said", () => {
    expect(NodeRef.parse(` ws://a:7000/#${id}\n`).url).toBe(`ws://a:7000/#${id}`);
    for (const text of [`wss://a/some/path#${id}`, `wss://a/some/#${id}`, `wss://a/?to=b#${id}`]) {
      expect(() => NodeRef.parse(text)).toThrow(/, without a path, got "wss:\/\/a" and \d+ characters$/);
    }
    expect(() => NodeRef.parse(id)).toThrow("got 43 characters that do not begin with ws:// or wss://");
  });

  it("takes 32 bytes and nothing else", () => {
    expect(() => plain.withKey(new Uint8Array(31))).toThrow("expected a Uint8Array of 32 bytes, got 31 bytes");
    expect(() => plain.withKey(keyText as unknown as Uint8Array)).toThrow(
      "expected a Uint8Array of 32 bytes, got string",
    );
  });
});

it("is known to the book of addresses for connecting, and to nobody who is given a reference out of it", () => {
  const book = new AddressBook();
  book.learn(secret);
  book.learn(new NodeRef(id, "ws://elsewhere:1"));
  expect(book.route(id).secretUrl).toBe(`ws://elsewhere:1/#${id}.${keyText}`);
  expect(book.find(id).sharedKey).toBeNull();
  expect(book.known(id, "ws://elsewhere:1")?.sharedKey).toBeNull();
  book.learn(secret);
  expect(book.known(id, "ws://a:7000")?.sharedKey).toBeNull();
});

it.each(["Y".repeat(42), `${"Y".repeat(43)}A`, "Z".repeat(43), `${"A".repeat(42)}_`])(
  "is of no node whose key would not be 32 bytes, or would be written in another way: %s",
  (text) => {
    expect(() => new NodeRef(text, null)).toThrow(/node id: expected 43 base64url characters that stand for 32 bytes/);
    expect(() => NodeRef.parse(`ws://a:7000/#${text}`)).toThrow(/node address: expected ws:/);
    expect(() => NodeRef.parse(`ws://a:7000/#${"A".repeat(43)}.${text}`)).toThrow(/node address: expected ws:/);
  },
);
