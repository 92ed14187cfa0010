import path from "node:path";

/** What to call this program: the title of the OS process; where it is only `node`, the file that it runs. */
export function programTitle(): string {
  const { title, argv } = process;
  const [, file] = argv;
  if (!/^node(\.exe)?$/.test(path.basename(title)) || file === undefined) return title;
  return path.basename(file).replace(/\.[cm]?[jt]s$/, "");
}
