/**
 * What this thread has used of its processor so far, in milliseconds: what other programs take meanwhile is not in it. Before Node 23.9, which cannot
 * tell, the time that has passed: of use between two readings in one turn of the event loop.
 */
export function usedMs(): number {
  // The types know of the newest version alone.
  if (!("threadCpuUsage" in process)) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
