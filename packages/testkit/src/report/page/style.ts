/** The looks of the page. No font and no image is loaded: what the reader's machine has will do. */
export const style: string = `
:root {
  color-scheme: light dark;
  --paper: #faf9f7; --panel: #ffffff; --ink: #1c1e21; --muted: #666b73; --line: #dcd8d0; --grid: #efece6;
  --bad: #c42b1c; --bad-soft: #f0b4ab; --on-bad: #ffffff; --good: #2c7a3f;
  --fault: #d98a14; --fault-ink: #8f5600; --fault-fill: rgba(217, 138, 20, .13); --fault-line: rgba(176, 106, 0, .55); --on-fault: #241500;
  --message: #3d6fb4; --transfer: #7a3fb0; --dull: #b4b3ad; --op: #c6d9c4; --focus: #0b57d0; --window: rgba(11, 87, 208, .09);
  --node-0: #3f6fc4; --node-1: #1f8a80; --node-2: #b5761a; --node-3: #7d52b8; --node-4: #5b8a2c; --node-5: #b8406c; --on-node: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #131518; --panel: #1a1d21; --ink: #e8e6e1; --muted: #989da6; --line: #32373f; --grid: #23272d;
    --bad: #ff7a68; --bad-soft: #7c332b; --on-bad: #2b0500; --good: #71c285;
    --fault: #e0a03c; --fault-ink: #efb75f; --fault-fill: rgba(224, 160, 60, .14); --fault-line: rgba(224, 160, 60, .5); --on-fault: #1d1200;
    --message: #7fa9e6; --transfer: #c39af0; --dull: #5b6068; --op: #38503b; --focus: #8ab4f8; --window: rgba(138, 180, 248, .12);
    --node-0: #7ea3e8; --node-1: #5cbcb1; --node-2: #d9a34f; --node-3: #b292e4; --node-4: #93bd65; --node-5: #e282a8; --on-node: #15171a;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1560px; margin: 0 auto; padding: 28px 32px 64px; }
h1 { font-size: 24px; line-height: 1.25; margin: 0; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
h2 { font-size: 16px; margin: 36px 0 10px; font-weight: 650; }
h3 { font-size: 14px; margin: 0 0 8px; font-weight: 650; overflow-wrap: anywhere; }
p { margin: 0; }
code, pre, .mono, time { font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: .86em; }
.status { display: inline-block; font-weight: 650; font-size: 12px; letter-spacing: .04em; padding: 2px 9px; border-radius: 4px; background: var(--bad); color: var(--on-bad); margin-bottom: 10px; }
.status.ok { background: var(--good); color: var(--paper); }
.what { font-size: 17px; margin-top: 8px; max-width: 110ch; overflow-wrap: anywhere; }
.what b { color: var(--bad); font-weight: 650; }
.facts { display: flex; flex-wrap: wrap; gap: 4px 28px; margin: 14px 0 0; color: var(--muted); font-size: 13px; }
.facts b { color: var(--ink); font-weight: 550; font-variant-numeric: tabular-nums; }
.replay { display: inline-block; margin-top: 14px; padding: 7px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 6px; user-select: all; overflow-wrap: anywhere; }
.columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 0 40px; }
@media (max-width: 1100px) { .columns { grid-template-columns: minmax(0, 1fr); } main { padding: 20px 16px 48px; } }
.story { list-style: none; margin: 0; padding: 0; border-top: 1px solid var(--line); }
.story li { display: grid; grid-template-columns: 12ch 9ch 1fr; gap: 12px; padding: 5px 4px; border-bottom: 1px solid var(--grid); align-items: baseline; }
.story li button { all: unset; cursor: pointer; text-align: right; color: var(--muted); font-family: ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace; font-size: 12.5px; font-variant-numeric: tabular-nums; }
.story li button:hover { color: var(--focus); text-decoration: underline; }
.story li button:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: 2px; }
.story .place { color: var(--muted); font-weight: 550; font-size: 13.5px; overflow: hidden; text-overflow: ellipsis; }
.story .said { overflow-wrap: anywhere; }
.story .fault .place, .story .fault .said { color: var(--fault-ink); }
.story .end .place, .story .end .said { color: var(--bad); font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th { text-align: left; font-weight: 550; color: var(--muted); font-size: 12.5px; white-space: nowrap; }
th, td { padding: 5px 12px 5px 4px; border-bottom: 1px solid var(--grid); vertical-align: baseline; overflow-wrap: anywhere; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
tr.inert td { color: var(--muted); }
.bar { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; margin-bottom: 10px; font-size: 13px; color: var(--muted); }
.bar button, .chip { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 6px; padding: 3px 10px; cursor: pointer; }
.bar button:hover, .chip:hover { border-color: var(--focus); }
.bar button:focus-visible, .chip:focus-within { outline: 2px solid var(--focus); outline-offset: 1px; }
.chip input { margin: 0; vertical-align: -1px; accent-color: var(--focus); }
.chip span { color: var(--muted); font-variant-numeric: tabular-nums; }
#filters { display: contents; }
.gap { flex: 1; }
#picture { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 8px 10px; outline: none; position: relative; }
#picture:focus-visible { border-color: var(--focus); }
canvas { display: block; width: 100%; touch-action: pan-y; }
#overview { margin-top: 8px; border-top: 1px solid var(--grid); cursor: ew-resize; }
#details { position: absolute; right: 14px; top: 40px; width: 380px; max-width: 80%; max-height: 70%; overflow: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; box-shadow: 0 6px 28px rgba(0, 0, 0, .16); }
#details[hidden] { display: none; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 3px 14px; margin: 0; font-size: 13px; }
dt { color: var(--muted); }
dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.legend { color: var(--muted); font-size: 12.5px; margin-top: 8px; }
.nodes { display: grid; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; align-items: start; }
.node { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; min-width: 0; }
.tree, .tree ul { list-style: none; margin: 0; padding: 0; }
.tree ul { padding-left: 18px; border-left: 1px solid var(--line); margin-left: 5px; }
.tree li { padding: 2px 0; font-size: 13.5px; overflow-wrap: anywhere; }
.tree .pid, .quiet { color: var(--muted); font-size: 12.5px; }
.tree .crashed, .tree .absent { color: var(--bad); }
.tag { display: inline-block; font-size: 11.5px; padding: 0 6px; border-radius: 4px; border: 1px solid var(--line); color: var(--muted); }
.tag.guest, .tag.away { border-color: var(--transfer); color: var(--transfer); }
.ok-text { color: var(--good); } .bad-text { color: var(--bad); }
details summary { cursor: pointer; color: var(--muted); font-size: 13.5px; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px; overflow: auto; line-height: 1.45; }
@media print { .bar, #overview { display: none; } }
`;
