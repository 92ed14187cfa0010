/** `14:02:07`, and of another day `21 Nov 14:02:07`. `milliseconds`: `14:02:07.123`. */
export function clockTime(atMs: number, nowMs: number, milliseconds = false): string {
  const at = new Date(atMs);
  const text = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  const whole = milliseconds ? `${text}.${String(at.getMilliseconds()).padStart(3, "0")}` : text;
  if (at.toDateString() === new Date(nowMs).toDateString()) return whole;
  return `${at.getDate()} ${months[at.getMonth()]} ${whole}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(value: number): string {
  return String(value).padStart(2, "0");
}
