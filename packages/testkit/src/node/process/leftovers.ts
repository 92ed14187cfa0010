/** What has to be done before this process ends, however it does. All of it is synchronous: nothing else happens any more by then. */
const duties = new Set<() => void>();

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Does `clean` when this process ends by itself or by a signal that it can hear, unless what this returns was called before. */
export function beforeTheEnd(clean: () => void): () => void {
  if (duties.size === 0) listen();
  duties.add(clean);
  return () => {
    duties.delete(clean);
    if (duties.size === 0) unlisten();
  };
}

function cleanAll(): void {
  for (const clean of duties) clean();
  duties.clear();
}

/** Ends as it would have ended, unless somebody else decides about that. */
function interrupted(signal: NodeJS.Signals): void {
  cleanAll();
  unlisten();
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

function listen(): void {
  process.on("exit", cleanAll);
  for (const signal of signals) process.on(signal, interrupted);
}

function unlisten(): void {
  process.off("exit", cleanAll);
  for (const signal of signals) process.off(signal, interrupted);
}
