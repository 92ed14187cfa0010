/** What was typed as a message: its value, or why it is none. */
export type JsonMessage = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** Reads a message that was typed as JSON. Says in which line it went wrong. */
export function parseMessage(text: string): JsonMessage {
  if (text.trim() === "") return { ok: false, why: "Expected a value in JSON; nothing is there yet." };
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    const { message } = error as SyntaxError;
    const place = /at position (\d+)/.exec(message)?.[1];
    const why = message.replace(/ \(line \d+ column \d+\)$/, "");
    if (place === undefined) return { ok: false, why };
    const before = text.slice(0, Number(place)).split("\n");
    return { ok: false, why: `${why}, which is line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}` };
  }
}
