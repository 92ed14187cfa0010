import { NodeAddress, Pid } from "../addresses/pid.ts";

/** The pid that a key stands for: the other direction of {@link Pid.key}. */
export function pidOf(process: string): Pid<any> {
  const [id, incarnation, serial] = process.split("/") as [string, string, string];
  return new Pid(new NodeAddress(id, incarnation), Number(serial));
}

/** Names a process in one of its epochs: an earlier one may still be leaving when a later one arrives. */
export function epochKey(process: string, epoch: number): string {
  return `${process} ${epoch}`;
}

/** The line in which signals to a process that was away or is a guest take effect. */
export function signalsTo(process: string): string {
  return `signals to ${process}`;
}
