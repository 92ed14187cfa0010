/**
 * Which machine is at the other end of a pipe, as far as its address says: without the port, and of IPv6 the network of 64 bits alone, as whoever has one
 * address there has all of them. IPv4 in IPv6 is IPv4.
 */
export function machineAddress(remote: string): string {
  const address = remote.replace(/:\d+$/, "").replaceAll(/^\[|\]$/g, "");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!/^[\da-f]*:[\da-f:.]*(%.*)?$/i.test(address)) return address;
  const [head = "", tail = ""] = address.replace(/%.*$/, "").split("::");
  const leading = head === "" ? [] : head.split(":");
  const trailing = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? Math.max(0, 8 - leading.length - trailing.length) : 0;
  const groups = [...leading, ...Array.from({ length: zeros }, () => "0"), ...trailing].slice(0, 4);
  return `${groups.map((group) => group.toLowerCase().replace(/^0+(?=.)/, "")).join(":")}::/64`;
}
