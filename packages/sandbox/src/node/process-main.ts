import { frame, FrameReader } from "./framing.ts";
import { hardenedGuest } from "./compartment.ts";

const { stdin, stdout, argv } = process;
const guest = await hardenedGuest(Number(argv[2]));
const write = (bytes: Uint8Array): void => {
  stdout.write(frame(bytes));
};
const reader = new FrameReader((bytes) => {
  const answer = guest.obey(bytes);
  // What the code left to promises runs before the answer leaves: it has no time of its own.
  if (answer !== null) setImmediate(() => write(answer));
});
stdin.on("data", (chunk: Buffer) => reader.push(chunk));
// The node is no more, or does not want this any longer.
stdin.on("end", () => process.exit());
write(new Uint8Array());
