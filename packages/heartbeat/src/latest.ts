/**
 * Puts an entry behind all others of a map that keeps no more than `max`: the one that was put there longest ago goes. So strangers who make somebody
 * remember things fill no memory.
 */
export function putLatest<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
