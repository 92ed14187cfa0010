/** What an example prints. */
export async function linesOf(main: (print: (line: string) => void) => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  await main((line) => void lines.push(line));
  return lines;
}
