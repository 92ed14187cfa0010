/** A `Pid.key` for people: its serial, with the beginning of the id of its home before it when that is another node. */
export function shortKey(key: string, node: string | null): string {
  const [id = "", , serial] = key.split("/");
  if (serial === undefined) return key;
  return id === node ? serial : `${id.slice(0, 8)}.${serial}`;
}
