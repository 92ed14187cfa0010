/** What a value takes in memory besides what it is made of. */
const slotBytes = 16;

/** Things that are looked at: a longer list is taken to hold no more than what was seen, once more for each as many. */
const looksMax = 10_000;

/** About how many bytes a value that came as data takes: plain values, collections and texts all through. */
export function weightOf(value: unknown): number {
  let bytes = 0;
  let looks = 0;
  const seen = new Set<object>();
  const waiting: unknown[] = [value];
  while (waiting.length > 0 && looks < looksMax) {
    looks += 1;
    bytes += slotBytes;
    const one = waiting.pop();
    if (typeof one === "string") bytes += 2 * one.length;
    else if (typeof one === "bigint") bytes += one.toString(16).length / 2;
    else if (one instanceof ArrayBuffer || ArrayBuffer.isView(one)) bytes += one.byteLength;
    else if (typeof one === "object" && one !== null && !seen.has(one)) {
      seen.add(one);
      if (one instanceof Map) for (const entry of one) waiting.push(...entry);
      else if (one instanceof Set) waiting.push(...one);
      else {
        for (const property of Object.values(Object.getOwnPropertyDescriptors(one))) waiting.push(property.value);
      }
    }
  }
  return bytes + slotBytes * waiting.length;
}
